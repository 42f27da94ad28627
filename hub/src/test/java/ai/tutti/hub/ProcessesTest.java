package ai.tutti.hub;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Downloads by processes of their own: two at once, and one that is killed. */
@Timeout(120)
final class ProcessesTest {
    private static final String WEIGHTS = "model.safetensors";
    private static final int SIZE = 4_000_000;

    @TempDir
    private Path folder;

    private final LoopbackHub hub;
    private final Map<String, byte[]> files = TestModels.embedding(SIZE);

    ProcessesTest() throws IOException {
        hub = new LoopbackHub();
        hub.publish(TestModels.NAME, files);
    }

    @AfterEach
    void close() {
        hub.close();
    }

    @Test
    void twoAtOnceFetchEachFileOnce() throws Exception {
        var waited = new CountDownLatch(1);
        hub.next("GET storage .*" + WEIGHTS, LoopbackHub.once(waited));
        Process first = start("60");
        awaitFetch();
        Process second = start("60");
        String waiting = readTo(second, "Waiting for another process that downloads " + WEIGHTS);
        waited.countDown();

        String one = output(first);
        String other = waiting + output(second);

        assertWhole(Path.of(lastLine(one)));
        assertThat(lastLine(other)).isEqualTo(lastLine(one));
        assertThat(hub.fetched()).filteredOn(WEIGHTS::equals).hasSize(1);
    }

    @Test
    void whatAKilledProcessHasFetchedIsNotFetchedAgain() throws Exception {
        hub.next("GET storage .*" + WEIGHTS, LoopbackHub.stall(SIZE / 2, Duration.ofSeconds(60)));
        Process killed = start("60");
        awaitFetch();
        awaitBytes(SIZE / 2);
        killed.destroyForcibly().waitFor();
        assertThat(new Hub(hub.settings(cache()), Progress.SILENT).find(ModelSpec.parse(TestModels.NAME))).isNull();

        String again = output(start("10"));

        assertThat(again).containsPattern("started with 20\\d{5}\n"); // a small file may have been all but renamed
        assertThat(hub.requests()).filteredOn(request -> request.server().equals("storage"))
                .extracting(request -> request.headers().getFirst("range"))
                .endsWith("bytes=" + SIZE / 2 + "-");
        assertWhole(Path.of(lastLine(again)));
    }

    private Path cache() {
        return folder.resolve("cache");
    }

    private Process start(String timeout) throws IOException {
        var program = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1", "-cp", System.getProperty("java.class.path"), PullMain.class.getName(), TestModels.NAME);
        program.environment().clear();
        program.environment().putAll(Map.of(
                "HF_ENDPOINT", hub.endpoint().toString(), "HF_HOME", folder.toString(), "HF_HUB_CACHE", cache().toString(),
                "HF_HUB_DOWNLOAD_TIMEOUT", timeout));
        return program.redirectErrorStream(true).start();
    }

    private void awaitFetch() throws InterruptedException {
        while (!hub.fetched().contains(WEIGHTS)) {
            Thread.sleep(20);
        }
    }

    private void awaitBytes(long size) throws IOException, InterruptedException {
        String etag = LoopbackHub.etag(requireNonNull(files.get(WEIGHTS)));
        Path partial = cache().resolve("models--me--tiny/blobs").resolve(etag + ".tutti.incomplete");
        while (!Files.exists(partial) || Files.size(partial) < size) {
            Thread.sleep(20);
        }
    }

    /** What it prints up to some words; the rest is not yet read. */
    private static String readTo(Process process, String words) throws IOException {
        var read = new StringBuilder();
        while (read.indexOf(words) < 0) {
            int next = process.getInputStream().read();
            assertThat(next).as(read.toString()).isNotNegative();
            read.append((char) next);
        }
        return read.toString();
    }

    private static String output(Process process) throws IOException, InterruptedException {
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
        assertThat(process.exitValue()).as(output).isZero();
        return output;
    }

    private static String lastLine(String output) {
        return output.strip().lines().reduce((first, second) -> second).orElse("");
    }

    private void assertWhole(Path snapshot) {
        for (String name : TestModels.needed()) {
            assertThat(snapshot.resolve(name)).hasBinaryContent(requireNonNull(files.get(name)));
        }
    }
}
