package ai.tutti.engine.home;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UserCacheTest {
    @TempDir
    Path root;

    private Path home;
    private Path tmp;
    private final AtomicInteger fillings = new AtomicInteger();

    @BeforeEach
    void folders() throws IOException {
        home = root.resolve("home/.cache/tutti");
        tmp = Files.createDirectory(root.resolve("tmp"));
    }

    @Test
    void fillsOnce() throws IOException {
        Path first = UserCache.folder(home, tmp, "models/a-1", this::fill);
        Path second = UserCache.folder(home, tmp, "models/a-1", this::fill);

        assertThat(first).isEqualTo(second).isEqualTo(home.resolve("models/a-1"));
        assertThat(first.resolve("weights")).hasContent("42");
        assertThat(fillings).hasValue(1);
    }

    @Test
    void whoeverComesAtOnceGetsTheSameWholeFolder() throws Exception {
        Callable<Path> user = () -> {
            Path folder = UserCache.folder(home, tmp, "models/a-1", this::fill);
            assertThat(folder.resolve("weights")).hasContent("42");
            return folder;
        };
        Set<Path> folders = new HashSet<>();
        try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
            for (Future<Path> future : threads.invokeAll(List.of(user, user, user, user, user, user, user, user))) {
                folders.add(future.get());
            }
        }
        assertThat(folders).containsExactly(home.resolve("models/a-1"));
        try (Stream<Path> left = Files.list(home.resolve("models"))) {
            assertThat(left).containsExactly(home.resolve("models/a-1"));
        }
    }

    @Test
    void aHomeThatCannotBeWrittenIsPassedBy() throws IOException {
        Files.createFile(root.resolve("home"));

        Path first = UserCache.folder(home, tmp, "models/a-1", this::fill);
        Path second = UserCache.folder(null, tmp, "models/a-1", this::fill);

        assertThat(first).isEqualTo(second).startsWith(tmp);
        assertThat(fillings).hasValue(1);
    }

    @Test
    void aFillingThatFailsLeavesNothing() throws IOException {
        leavesNothing(new IOException("no space left on device"));
        leavesNothing(new IllegalStateException("no library for this platform"));
    }

    private void leavesNothing(Exception fault) throws IOException {
        assertThatThrownBy(() -> UserCache.folder(home, tmp, "models/a-1", folder -> {
                    Files.writeString(folder.resolve("weights"), "4");
                    if (fault instanceof IOException e) {
                        throw e;
                    }
                    throw (RuntimeException) fault;
                }))
                .isSameAs(fault);
        try (Stream<Path> left = Files.list(home.resolve("models"))) {
            assertThat(left).isEmpty();
        }
    }

    private void fill(Path folder) throws IOException {
        fillings.incrementAndGet();
        Files.writeString(folder.resolve("weights"), "42");
    }
}
