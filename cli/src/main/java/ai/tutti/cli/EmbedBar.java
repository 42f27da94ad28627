package ai.tutti.cli;

import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Shows how far {@code tutti embed} is, and at the end what it did and what it cut. */
final class EmbedBar {
    private final PrintStream err;
    private final ProgressLine line;
    private final boolean terminal;
    private final long whole;
    private final long present;
    private long came;
    private long truncatedTokens;

    /**
     * A bar.
     *
     * @param whole how many texts there are in all; 0 when nobody knows
     * @param present how many were done by an earlier run
     */
    EmbedBar(PrintStream err, boolean terminal, long whole, long present) {
        this.err = err;
        this.terminal = terminal;
        this.whole = whole;
        this.present = present;
        this.line = new ProgressLine(err, terminal);
        if (present > 0) {
            err.println(whole > 0
                    ? "Going on behind %,d of %,d texts".formatted(present, whole)
                    : "Going on behind %,d texts".formatted(present));
        }
    }

    void advance(int texts, long truncated) {
        came += texts;
        truncatedTokens += truncated;
        if (line.isDue(came)) {
            line.draw("embed", present + came, whole, state());
        }
    }

    /** {@code 45 %, 4,500 of 10,000 texts, 1,230/s, 5 s left}. */
    private String state() {
        long done = present + came;
        String rate = String.format(Locale.ROOT, line.rate() < 10 ? "%,.1f/s" : "%,.0f/s", line.rate());
        return whole > 0
                ? "%d %%, %,d of %,d texts, %s%s".formatted(100 * done / whole, done, whole, rate, line.timeLeft(whole - done))
                : "%,d texts, %s".formatted(done, rate);
    }

    /** Says that it is not finished. */
    void interrupted(Path file) {
        if (terminal) {
            line.clear();
        }
        err.println("Stopped: %,d%s texts are in %s; the same command goes on from there"
                .formatted(present + came, whole > 0 ? String.format(Locale.ROOT, " of %,d", whole) : "", file));
        err.flush();
    }

    /** Says what was done when a file holds it, and what was cut in any case. */
    void finish(@Nullable Path file) {
        if (terminal) {
            line.clear();
        }
        if (file != null) {
            double seconds = Math.max(line.seconds(), 1e-3);
            err.println("%s: %,d texts in %s (%s)".formatted(
                    file,
                    present + came,
                    seconds < 10 ? String.format(Locale.ROOT, "%.1f s", seconds) : ProgressLine.time(seconds),
                    String.format(Locale.ROOT, "%,.0f/s", came / seconds)));
        }
        if (truncatedTokens > 0) {
            err.println("%,d tokens were cut off texts that are too long for the model; --truncate error refuses such texts"
                    .formatted(truncatedTokens));
        }
        err.flush();
    }
}
