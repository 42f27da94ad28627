package ai.tutti.cli;

import static java.util.Objects.requireNonNull;

import ai.tutti.hub.Progress;
import ai.tutti.hub.Sizes;
import java.io.PrintStream;
import java.time.Duration;
import java.util.Locale;

/**
 * Shows downloads: on a terminal as one line that is drawn over and over, elsewhere as a line now and then, so that a log
 * stays readable.
 */
final class DownloadBar implements Progress {
    private static final int CELLS = 24;
    private static final long REDRAW_NANOS = Duration.ofMillis(100).toNanos();
    private static final long SAY_NANOS = Duration.ofSeconds(15).toNanos();
    /** A rate is that of about so many last seconds. */
    private static final double MEMORY_SECONDS = 5;
    private static final String CLEAR = "\r\u001b[K";

    private final PrintStream out;
    private final boolean terminal;
    private String model = "";
    private long whole;
    private long done;
    private long came;
    private long began;
    private long shown;
    private long shownCame;
    private double rate;

    DownloadBar(PrintStream out, boolean terminal) {
        this.out = requireNonNull(out, "out is null");
        this.terminal = terminal;
    }

    @Override
    public synchronized void started(String name, int files, long bytes, long present) {
        model = name;
        whole = bytes;
        done = present;
        came = 0;
        rate = 0;
        began = System.nanoTime();
        shown = began;
        shownCame = 0;
        String here = present == 0 ? "" : ", of which %s are here already".formatted(Sizes.of(present));
        out.println("%s: %s to download, %s%s"
                .formatted(name, files == 1 ? "1 file" : files + " files", Sizes.of(bytes), here));
        out.flush();
    }

    @Override
    public synchronized void received(long bytes) {
        done += bytes;
        came += bytes;
        long now = System.nanoTime();
        if (now - shown >= (terminal ? REDRAW_NANOS : SAY_NANOS)) {
            measure(now);
            out.print(terminal ? CLEAR + bar() : "%s: %s%n".formatted(model, state()));
            out.flush();
        }
    }

    @Override
    public synchronized void finished() {
        double seconds = (System.nanoTime() - began) / 1e9;
        clear();
        out.println("%s: %s in %s (%s/s)".formatted(
                model, Sizes.of(Math.max(0, came)), seconds < 10 ? String.format(Locale.ROOT, "%.1f s", seconds) : time(seconds),
                Sizes.of((long) (Math.max(0, came) / Math.max(seconds, 1e-3)))));
        out.flush();
    }

    @Override
    public synchronized void note(String line) {
        clear();
        out.println(line);
        out.flush();
    }

    private void clear() {
        if (terminal) {
            out.print(CLEAR);
        }
    }

    private void measure(long now) {
        double seconds = (now - shown) / 1e9;
        double last = Math.max(0, came - shownCame) / seconds;
        double weight = shownCame == 0 ? 1 : 1 - Math.exp(-seconds / MEMORY_SECONDS);
        rate += weight * (last - rate);
        shown = now;
        shownCame = came;
    }

    private String bar() {
        int filled = (int) Math.min(CELLS, CELLS * done / Math.max(1, whole));
        return "  %s%s %s".formatted("━".repeat(filled), "·".repeat(CELLS - filled), state());
    }

    /** {@code 45 %, 602 MB of 1.34 GB, 35.2 MB/s, 21 s left}. */
    private String state() {
        String left = rate < 1 ? "" : ", %s left".formatted(time((whole - done) / rate));
        return "%d %%, %s of %s, %s/s%s"
                .formatted(100 * done / Math.max(1, whole), Sizes.of(Math.max(0, done)), Sizes.of(whole), Sizes.of((long) rate), left);
    }

    private static String time(double seconds) {
        long whole = Math.max(0, Math.round(seconds));
        if (whole < 60) {
            return whole + " s";
        }
        return whole < 3600 ? "%d min %d s".formatted(whole / 60, whole % 60) : "%d h %d min".formatted(whole / 3600, whole / 60 % 60);
    }
}
