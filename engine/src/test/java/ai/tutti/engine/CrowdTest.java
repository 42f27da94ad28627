package ai.tutti.engine;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import ai.tutti.engine.checkpoint.ModelFolder;
import ai.tutti.engine.schedule.Deadline;
import ai.tutti.engine.schedule.DeadlineExceededException;
import ai.tutti.engine.schedule.Lane;
import ai.tutti.engine.schedule.QueueFullException;
import ai.tutti.engine.schedule.Terms;
import ai.tutti.engine.tensor.Precision;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Two hundred clients of two models who send what others send, leave, and run out of time, while each vector is compared. */
@Timeout(60)
final class CrowdTest {
    private static final int CLIENTS = 200;
    private static final int REQUESTS = 8;
    private static final int TEXTS = 60;

    @ParameterizedTest
    @CsvSource({"1, 0", "2, 0", "3, 20000"})
    void everyoneGetsTheOwnBitsAndAllRoomComesBack(int threads, long cacheBytes) throws Exception {
        try (var engine = Engine.create(new Engine.Settings(threads, 20_000, cacheBytes));
                var one = load(engine, "bge");
                var other = load(engine, "gte-large");
                var clients = Executors.newVirtualThreadPerTaskExecutor()) {
            var models = List.of(one, other);
            var expected = new ArrayList<float[][]>();
            for (var model : models) {
                var alone = new float[TEXTS][];
                for (int i = 0; i < TEXTS; i++) {
                    alone[i] = model.vectors(model.acceptTokens(List.of(text(i)), EmbeddingOptions.DEFAULT))[0];
                }
                expected.add(alone);
            }
            var compared = new AtomicInteger();
            var late = new AtomicInteger();
            var running = new ArrayList<Future<?>>();
            for (int client = 0; client < CLIENTS; client++) {
                var random = new Random(client);
                running.add(clients.submit(() -> {
                    for (int i = 0; i < REQUESTS; i++) {
                        int which = random.nextInt(2);
                        ask(models.get(which), expected.get(which), random, compared, late);
                    }
                    return null;
                }));
            }
            for (var client : running) {
                client.get();
            }
            assertThat(compared.get()).isGreaterThan(CLIENTS);
            while (engine.load().busyWorkers() > 0) { // what nobody wants is left at the next layer
                Thread.onSpinWait();
            }
            assertThat(engine.load()).isEqualTo(new Engine.Load(0, 0, 0, 0));
            assertThat(engine.statistics().lanes().stream().mapToLong(lane -> lane.pastDeadline()).sum())
                    .isGreaterThanOrEqualTo(Math.min(1, late.get()));
            assertThat(one.vectors(one.acceptTokens(List.of(text(7)), EmbeddingOptions.DEFAULT))[0]).isEqualTo(expected.getFirst()[7]);
        }
    }

    private static void ask(EmbeddingModel model, float[][] expected, Random random, AtomicInteger compared, AtomicInteger late)
            throws InterruptedException {
        var which = random.ints(1 + random.nextInt(30), 0, TEXTS).toArray();
        var texts = new ArrayList<int[]>();
        for (int index : which) {
            texts.add(text(index));
        }
        int manner = random.nextInt(4);
        var terms = Terms.DEFAULT
                .withLane(random.nextInt(3) == 0 ? Lane.INTERACTIVE : Lane.BULK)
                .withCaller("caller" + random.nextInt(10))
                .withDeadline(manner == 0 ? Deadline.after(Duration.ofNanos(random.nextInt(30_000_000))) : null);
        int leaves = manner == 1 ? random.nextInt(which.length) : which.length;
        try (var stream = model.embed(model.acceptTokens(texts, EmbeddingOptions.DEFAULT), terms)) {
            for (int i = 0; i < leaves; i++) {
                var vector = requireNonNull(stream.next());
                assertThat(vector).isEqualTo(expected[which[i]]);
                compared.incrementAndGet();
                vector[0] = Float.NaN; // it is the reader's own
            }
        } catch (QueueFullException e) {
            assertThat(e.retryAfter()).isPositive();
        } catch (DeadlineExceededException e) {
            late.incrementAndGet();
            assertThat(requireNonNull(terms.deadline()).passed()).isTrue();
        }
    }

    private static int[] text(int index) {
        var ids = new int[2 + index * index % 97];
        for (int i = 0; i < ids.length; i++) {
            ids[i] = 103 + (index * 31 + i * 7) % 690;
        }
        ids[0] = 101;
        ids[ids.length - 1] = 102;
        return ids;
    }

    private static EmbeddingModel load(Engine engine, String folder) {
        var options = new ModelOptions(folder, Precision.F32, null, null, Map.of());
        return EmbeddingModel.load(engine, ModelFolder.open(Fixtures.folder(folder)), options);
    }
}
