package ai.tutti.engine.checkpoint;

/** Text from a file, fit to stand in a message of one line. */
final class OneLine {
    private static final int LONGEST = 300;

    private OneLine() {}

    static String of(String text) {
        String start = text.length() > LONGEST ? text.substring(0, LONGEST) + "…" : text;
        return start.replaceAll("[\\p{Cntrl}\\u2028\\u2029]", "?");
    }
}
