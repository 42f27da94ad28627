package ai.tutti.cli;

import picocli.CommandLine.Help.Ansi;

/** What is at the other end of the standard streams. The start script knows, and says it in system properties. */
final class Terminal {
    private static final String OUT = "tutti.terminal";
    private static final String ERR = "tutti.terminal.errors";
    private static final String IN = "tutti.terminal.input";
    private static final String COLUMNS = "tutti.terminal.columns";
    private static final int USUAL_COLUMNS = 80;
    private static final int LEAST_COLUMNS = 40;

    private Terminal() {}

    /** Whether a person looks, at a terminal whose lines can be drawn over. */
    static boolean isInteractive() {
        return Boolean.getBoolean(OUT) && isClever();
    }

    /** The same of standard error. */
    static boolean showsErrors() {
        return Boolean.getBoolean(ERR) && isClever();
    }

    /** Whether standard output is a terminal of any kind. */
    static boolean showsOutput() {
        return Boolean.getBoolean(OUT);
    }

    /** Whether standard input is a keyboard, so that waiting for its end would look like hanging. */
    static boolean typesInput() {
        return Boolean.getBoolean(IN);
    }

    /** How many characters a line has. */
    static int columns() {
        return columns(Integer.getInteger(COLUMNS, USUAL_COLUMNS));
    }

    /** The same of what the terminal says, which is 0 where it does not know. */
    static int columns(int said) {
        return said <= 0 ? USUAL_COLUMNS : Math.max(LEAST_COLUMNS, said);
    }

    private static boolean isClever() {
        return !"dumb".equals(System.getenv("TERM"));
    }

    /** Colours, and only where a person looks: on a terminal that knows them, unless {@code NO_COLOR} is set. */
    static Ansi ansi() {
        return isInteractive() && System.getenv("NO_COLOR") == null ? Ansi.ON : Ansi.OFF;
    }
}
