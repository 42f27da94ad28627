package ai.tutti.cli;

import java.io.PrintStream;
import java.time.Duration;

/**
 * How far something is: on a terminal one line that is drawn over and over, elsewhere a line now and then, so that a log stays
 * readable. For one thread at a time.
 */
final class ProgressLine {
    private static final int CELLS = 24;
    private static final long REDRAW_NANOS = Duration.ofMillis(100).toNanos();
    private static final long SAY_NANOS = Duration.ofSeconds(15).toNanos();
    /** A rate is that of about so many last seconds. */
    private static final double MEMORY_SECONDS = 5;
    private static final String CLEAR = "\r\u001b[K";

    private final PrintStream out;
    private final boolean terminal;
    private long began = System.nanoTime();
    private long shown = began;
    private long shownCame;
    private double rate;

    ProgressLine(PrintStream out, boolean terminal) {
        this.out = out;
        this.terminal = terminal;
    }

    void begin() {
        began = System.nanoTime();
        shown = began;
        shownCame = 0;
        rate = 0;
    }

    /** Whether it is time to draw, when so much has come since the begin; if so, the rate is measured. */
    boolean isDue(long came) {
        long now = System.nanoTime();
        if (now - shown < (terminal ? REDRAW_NANOS : SAY_NANOS)) {
            return false;
        }
        double seconds = (now - shown) / 1e9;
        double last = Math.max(0, came - shownCame) / seconds;
        double weight = shownCame == 0 ? 1 : 1 - Math.exp(-seconds / MEMORY_SECONDS);
        rate += weight * (last - rate);
        shown = now;
        shownCame = came;
        return true;
    }

    /** How much came in a second, lately. */
    double rate() {
        return rate;
    }

    /** Seconds since the begin. */
    double seconds() {
        return (System.nanoTime() - began) / 1e9;
    }

    /**
     * Draws the line.
     *
     * @param label what it is about, where lines follow one another
     * @param whole how much there is in all; 0 when nobody knows
     */
    void draw(String label, long done, long whole, String state) {
        out.print(terminal ? CLEAR + "  " + bar(done, whole) + state : "%s: %s%n".formatted(label, state));
        out.flush();
    }

    private static String bar(long done, long whole) {
        if (whole <= 0) {
            return "";
        }
        int filled = (int) Math.min(CELLS, CELLS * done / whole);
        return "━".repeat(filled) + "·".repeat(CELLS - filled) + " ";
    }

    /** Takes the line away, for another one. */
    void clear() {
        if (terminal) {
            out.print(CLEAR);
        }
    }

    /** How long {@code left} takes at the rate, as {@code ", 21 s left"}; nothing while nobody knows. */
    String timeLeft(long left) {
        return rate < 1e-3 ? "" : ", %s left".formatted(time(left / rate));
    }

    /** {@code 45 s}, {@code 3 min 20 s}, {@code 2 h 5 min}. */
    static String time(double seconds) {
        long whole = Math.max(0, Math.round(seconds));
        if (whole < 60) {
            return whole + " s";
        }
        return whole < 3600 ? "%d min %d s".formatted(whole / 60, whole % 60)
                : "%d h %d min".formatted(whole / 3600, whole / 60 % 60);
    }
}
