package ai.tutti.engine.schedule;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import ai.tutti.engine.kernel.Kernels;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** In which order the queue gives tiles out; without workers, since nothing here depends on time. */
final class TurnsTest {
    private static final int TILE = 512;

    private final Scheduler nobody = new Scheduler(1, 1, 512, Kernels.instance());
    private final WorkQueue queue = new WorkQueue(100_000_000, TILE);
    private final Fake model = new Fake();
    private int ids;

    @AfterEach
    void close() {
        nobody.close();
    }

    private Reservation request(TileRunner model, String caller) {
        return requireNonNull(queue.reserve(nobody, model, new Terms(Lane.BULK, caller, null), 1_000_000));
    }

    private void submit(Reservation request, int tokens) {
        queue.submit(request, new Sequence(new Work(request.model(), Fake.text(ids++, tokens)), false), false, 0);
    }

    /** The next tile's tokens by caller. */
    private Map<String, Integer> next() {
        var tile = requireNonNull(queue.next(TILE, 0));
        var tokens = new HashMap<String, Integer>();
        for (var sequence : tile.sequences()) {
            tokens.merge(sequence.tickets().getFirst().caller(), sequence.tokens(), Integer::sum);
        }
        queue.computed(tile, tile.sequences(), new float[tile.sequences().size()][1], 1, 0);
        queue.left(tile);
        return tokens;
    }

    @Test
    void aMillionTextsOfOneDoNotLockOutTenOfAnother() {
        var many = request(model, "many");
        for (int i = 0; i < 2_000; i++) {
            submit(many, 100);
        }
        for (int i = 0; i < 50; i++) {
            next();
        }
        var few = request(model, "few");
        for (int i = 0; i < 10; i++) {
            submit(few, 100);
        }
        int tokens = 0;
        int tiles = 0;
        for (; tokens < 1_000; tiles++) {
            tokens += next().getOrDefault("few", 0);
        }
        assertThat(tiles).as("half of each tile of five texts is theirs").isLessThanOrEqualTo(5);
    }

    @Test
    void callersGetTheSameTokensWhateverTheLengthsAndHoweverManyRequests() {
        var random = new Random(5);
        var served = new HashMap<String, Long>();
        for (int caller = 0; caller < 4; caller++) {
            var requests = new ArrayList<Reservation>();
            for (int i = 0; i < 1 + caller * 5; i++) {
                requests.add(request(model, "caller" + caller));
            }
            int longest = List.of(16, 128, 512, 4_096).get(caller);
            for (int tokens = 0; tokens < 200_000; ) {
                int length = 1 + random.nextInt(longest);
                submit(requests.get(random.nextInt(requests.size())), length);
                tokens += length;
            }
        }
        long all = 0;
        while (all < 400_000) {
            for (var one : next().entrySet()) {
                served.merge(one.getKey(), (long) one.getValue(), Long::sum);
                all += one.getValue();
            }
        }
        assertThat(served.values()).hasSize(4).allSatisfy(tokens -> assertThat(tokens).isBetween(95_000L, 105_000L));
    }

    @Test
    void whoComesBackAfterEachTextGainsNothingByIt() {
        var steady = request(model, "steady");
        for (int i = 0; i < 1_000; i++) {
            submit(steady, 512);
        }
        var returning = request(model, "returning");
        submit(returning, 4_096);
        int ofReturning = 0;
        int ofSteady = 0;
        for (int i = 0; i < 90; i++) {
            var tile = next();
            if (tile.containsKey("returning")) {
                ofReturning += 4_096;
                submit(returning, 4_096);
            } else {
                ofSteady += 512;
            }
        }
        assertThat(ofReturning).isBetween(ofSteady / 2, ofSteady + 2 * 4_096);
    }

    @Test
    void modelsTakeTurnsAndAPrefixIsOneOfItsModelsTexts() {
        var other = new Fake("other");
        var one = request(model, "a");
        var two = request(other, "a");
        for (int i = 0; i < 4; i++) {
            var prefix = new Fake("fake");
            queue.submit(one, new Sequence(new Work(prefix, Fake.text(ids++, 10)), true), false, 0);
            submit(two, 300);
        }
        var order = new ArrayList<String>();
        for (int i = 0; i < 8; i++) {
            var tile = requireNonNull(queue.next(TILE, 0));
            assertThat(tile.sequences()).hasSize(1);
            order.add(tile.sequences().getFirst().tickets().getFirst().reservation().model().model());
        }
        assertThat(order).containsExactly("fake", "other", "fake", "other", "fake", "other", "fake", "other");
    }

    @Test
    void aTextThatDoesNotFitGoesFirstIntoTheNextTileAndOthersFillThisOne() {
        submit(request(model, "a"), 300);
        var b = request(model, "b");
        submit(b, 400);
        var c = request(model, "c");
        submit(c, 100);
        submit(c, 100);
        assertThat(next()).isEqualTo(Map.of("a", 300, "c", 200));
        assertThat(next()).isEqualTo(Map.of("b", 400));
        assertThat(queue.isEmpty()).isTrue();
        assertThat(queue.queuedTokens()).isZero();
    }
}
