package ai.tutti.cli;

import picocli.CommandLine.Help.Ansi;

/** What can be shown where standard output goes. */
final class Terminal {
    /** Set by the start script, which knows whether standard output is a terminal. */
    private static final String PROPERTY = "tutti.terminal";

    private Terminal() {}

    /** Whether a person looks, at a terminal whose lines can be drawn over. */
    static boolean isInteractive() {
        return Boolean.getBoolean(PROPERTY) && !"dumb".equals(System.getenv("TERM"));
    }

    /** Colours, and only where a person looks: on a terminal that knows them, unless {@code NO_COLOR} is set. */
    static Ansi ansi() {
        return isInteractive() && System.getenv("NO_COLOR") == null ? Ansi.ON : Ansi.OFF;
    }
}
