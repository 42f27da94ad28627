package ai.tutti.cli;

import picocli.CommandLine.Help.Ansi;

/** Colours, and only where a person looks: on a terminal that knows them, unless {@code NO_COLOR} is set. */
final class Terminal {
    /** Set by the start script, which knows whether standard output is a terminal. */
    private static final String PROPERTY = "tutti.terminal";

    private Terminal() {}

    static Ansi ansi() {
        boolean capable = Boolean.getBoolean(PROPERTY)
                && System.getenv("NO_COLOR") == null
                && !"dumb".equals(System.getenv("TERM"));
        return capable ? Ansi.ON : Ansi.OFF;
    }
}
