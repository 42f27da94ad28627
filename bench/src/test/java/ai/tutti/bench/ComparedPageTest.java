package ai.tutti.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** {@code docs/performance.md}, its pictures and README's figures are what {@code bench/compare --page} writes. */
final class ComparedPageTest {
    @Test
    void noFigureWasWrittenByHand() throws IOException, InterruptedException {
        assumeTrue(succeeds("python3", "-c", "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))"), "no Python 3.10");
        var process = new ProcessBuilder(Path.of("compare").toAbsolutePath().toString(), "--check")
                .redirectErrorStream(true)
                .start();
        var said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(said).isZero();
    }

    private static boolean succeeds(String... command) throws InterruptedException {
        try {
            return new ProcessBuilder(command).redirectErrorStream(true).start().waitFor() == 0;
        } catch (IOException e) {
            return false;
        }
    }
}
