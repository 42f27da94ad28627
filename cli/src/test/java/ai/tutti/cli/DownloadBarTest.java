package ai.tutti.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

final class DownloadBarTest {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    @Test
    void elsewhereThanOnATerminalALineAtTheBeginAndOneAtTheEnd() throws InterruptedException {
        download(bar(false));

        assertThat(out().lines()).hasSize(3);
        assertThat(out()).startsWith("me/tiny: 7 files to download, 1.34 GB, of which 340 MB are here already\n")
                .contains("the hub is busy\n")
                .containsPattern("\nme/tiny: 1\\.00 GB in 0\\.\\d s \\(.*/s\\)\n$")
                .doesNotContain("\r");
    }

    @Test
    void onATerminalOneLineIsDrawnOverAndOver() throws InterruptedException {
        download(bar(true));

        assertThat(out()).containsPattern("\r\u001b\\[K  ━+·+ 62 %, 840 MB of 1\\.34 GB, [\\d.]+ .B/s, \\d+ s left");
        assertThat(out().lines().map(line -> line.replaceAll(".*\r\u001b\\[K", ""))).allMatch(line -> line.length() <= 80);
    }

    private static void download(DownloadBar bar) throws InterruptedException {
        bar.started("me/tiny", 7, 1_340_000_000, 340_000_000);
        Thread.sleep(150);
        bar.received(500_000_000);
        bar.note("the hub is busy");
        bar.received(500_000_000);
        bar.finished();
    }

    private DownloadBar bar(boolean terminal) {
        return new DownloadBar(new PrintStream(bytes, true, StandardCharsets.UTF_8), terminal);
    }

    private String out() {
        return bytes.toString(StandardCharsets.UTF_8);
    }
}
