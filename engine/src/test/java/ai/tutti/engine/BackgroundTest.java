package ai.tutti.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

final class BackgroundTest {
    @Test
    @EnabledOnOs(OS.LINUX)
    void aBackgroundThreadStandsBackAndNoOtherDoes() throws Exception {
        try (var engine = Engine.create(new Engine.Settings(1, 1000))) {
            var background = new CompletableFuture<Integer>();
            engine.background("background", () -> background.complete(niceness())).start();

            assertThat(background.get()).isEqualTo(Math.min(19, niceness() + 10));
        }
    }

    /** The calling thread's, as proc(5) says it in field 19. */
    private static int niceness() {
        try {
            var stat = Files.readString(Path.of("/proc/thread-self/stat"));
            return Integer.parseInt(stat.substring(stat.lastIndexOf(')') + 2).split(" ")[16]);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
