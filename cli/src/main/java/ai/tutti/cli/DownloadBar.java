package ai.tutti.cli;

import static java.util.Objects.requireNonNull;

import ai.tutti.hub.Progress;
import ai.tutti.hub.Sizes;
import java.io.PrintStream;
import java.util.Locale;

/** Shows downloads. */
final class DownloadBar implements Progress {
    private final PrintStream out;
    private final ProgressLine line;
    private String model = "";
    private long whole;
    private long done;
    private long came;

    DownloadBar(PrintStream out, boolean terminal) {
        this.out = requireNonNull(out, "out is null");
        this.line = new ProgressLine(out, terminal);
    }

    @Override
    public synchronized void started(String name, int files, long bytes, long present) {
        model = name;
        whole = bytes;
        done = present;
        came = 0;
        line.begin();
        String here = present == 0 ? "" : ", of which %s are here already".formatted(Sizes.of(present));
        out.println("%s: %s to download, %s%s"
                .formatted(name, files == 1 ? "1 file" : files + " files", Sizes.of(bytes), here));
        out.flush();
    }

    @Override
    public synchronized void received(long bytes) {
        done += bytes;
        came += bytes;
        if (line.isDue(came)) {
            line.draw(model, done, Math.max(1, whole), state());
        }
    }

    @Override
    public synchronized void finished() {
        double seconds = line.seconds();
        line.clear();
        out.println("%s: %s in %s (%s/s)".formatted(
                model,
                Sizes.of(Math.max(0, came)),
                seconds < 10 ? String.format(Locale.ROOT, "%.1f s", seconds) : ProgressLine.time(seconds),
                Sizes.of((long) (Math.max(0, came) / Math.max(seconds, 1e-3)))));
        out.flush();
    }

    @Override
    public synchronized void note(String text) {
        line.clear();
        out.println(text);
        out.flush();
    }

    /** {@code 45 %, 602 MB of 1.34 GB, 35.2 MB/s, 21 s left}. */
    private String state() {
        String left = line.rate() < 1 ? "" : line.timeLeft(whole - done);
        return "%d %%, %s of %s, %s/s%s"
                .formatted(100 * done / Math.max(1, whole), Sizes.of(Math.max(0, done)), Sizes.of(whole),
                        Sizes.of((long) line.rate()), left);
    }
}
