package ai.tutti.engine.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Who finds room. */
final class AdmissionTest {
    private final Admission room = new Admission(1_000_000);

    /** Requests of a thousand tokens until one is refused; how many tokens got in. */
    private long fill(String caller) {
        long tokens = 0;
        while (room.admit(caller, 1_000)) {
            tokens += 1_000;
        }
        return tokens;
    }

    @Test
    void nobodyFillsTheLaneAlone() {
        assertThat(fill("a")).isEqualTo(500_000);
        assertThat(room.admit("b", 100_000)).isTrue();
        assertThat(room.admit("a", 1)).isFalse();
        assertThat(room.admit("a", 0)).as("all of its texts are in the cache").isTrue();
    }

    @Test
    void whoeverComesAnewFindsRoom() {
        for (int i = 0; i < 9; i++) {
            assertThat(fill("caller" + i)).as("caller %d", i).isPositive();
        }
        assertThat(room.tokens()).isLessThan(1_000_000);
    }

    @Test
    void aRequestLargerThanTheLaneGetsInAloneAndLeavesOthersRoom() {
        assertThat(room.admit("a", 5_000_000)).isTrue();
        assertThat(room.tokens()).isEqualTo(5_000_000);
        assertThat(room.admit("b", 50_000)).isTrue();
        assertThat(room.admit("c", 5_000_000)).isFalse();
        assertThat(room.admit("a", 1)).isFalse();
        room.change("a", 5_000_000, 100_000);
        assertThat(room.admit("a", 100_000)).isTrue();
    }

    @Test
    void theSmallestLaneTakesARequest() {
        var one = new Admission(1);
        assertThat(one.admit("a", 100)).isTrue();
        assertThat(one.admit("b", 1)).isFalse();
        one.change("a", 100, 0);
        assertThat(one.admit("b", 1)).isTrue();
    }

    @Test
    void allRoomComesBack() {
        var random = new Random(3);
        var held = new HashMap<String, Long>();
        for (int i = 0; i < 20_000; i++) {
            var caller = "caller" + random.nextInt(20);
            long holds = held.getOrDefault(caller, 0L);
            if (holds == 0) {
                long tokens = 1L + random.nextInt(random.nextInt(20) == 0 ? 2_000_000 : 50_000);
                if (room.admit(caller, tokens)) {
                    held.put(caller, tokens);
                }
            } else {
                long left = random.nextInt(3) == 0 ? 0 : random.nextLong(holds);
                room.change(caller, holds, left);
                held.put(caller, left);
            }
        }
        held.forEach((caller, tokens) -> room.change(caller, tokens, 0));
        assertThat(room.tokens()).isZero();
        assertThat(held.keySet()).allSatisfy(caller -> assertThat(room.heldBy(caller)).isZero());
        assertThat(fill("a")).isEqualTo(500_000);
    }

    @Test
    void theShortageIsWhatMustBeComputedUntilTheRequestFits() {
        fill("a");
        assertThat(room.shortage("a", 1_000)).as("alone: its own tokens, one for one").isEqualTo(1_000);
        var others = Map.of("a", 500_000L, "b", fill("b"));
        long shortage = room.shortage("a", 10_000);
        // Both are served alike.
        others.forEach((caller, tokens) -> room.change(caller, tokens, tokens - shortage / 2));
        assertThat(room.admit("a", 9_990)).isTrue();
        assertThat(room.admit("a", 100)).isFalse();
    }
}
