package ai.tutti.engine.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WeightArenaTest {
    @Test
    void whatItGivesIsZeroAlignedAndApart() {
        try (var arena = new WeightArena()) {
            var given = new ArrayList<MemorySegment>();
            for (long bytes : List.of(1L, 64L, 100L, 3L << 20, 40L << 20, 40L << 20, 100L << 20, 5L)) {
                var memory = arena.allocate(bytes, 64);
                assertThat(memory.byteSize()).isEqualTo(bytes);
                assertThat(memory.address() % 64).isZero();
                for (long i = 0; i < bytes; i += 4096) {
                    assertThat(memory.get(ValueLayout.JAVA_BYTE, i)).isZero();
                }
                memory.set(ValueLayout.JAVA_BYTE, 0, (byte) given.size());
                memory.set(ValueLayout.JAVA_BYTE, bytes - 1, (byte) given.size());
                given.add(memory);
            }
            for (int i = 0; i < given.size(); i++) {
                var memory = given.get(i);
                assertThat(memory.get(ValueLayout.JAVA_BYTE, 0)).isEqualTo((byte) i);
                assertThat(memory.get(ValueLayout.JAVA_BYTE, memory.byteSize() - 1)).isEqualTo((byte) i);
            }
        }
    }

    @Test
    void afterItsEndNothingOfItCanBeRead() {
        var arena = new WeightArena();
        var memory = arena.allocate(128, 64);
        arena.close();
        assertThat(arena.scope().isAlive()).isFalse();
        assertThatIllegalStateException().isThrownBy(() -> memory.get(ValueLayout.JAVA_BYTE, 0));
        assertThatIllegalStateException().isThrownBy(() -> arena.allocate(128L << 20, 64));
    }

    @ParameterizedTest
    @CsvSource({"-1,64", "1,0", "1,3", "1,4194304"})
    void whatCannotBeGivenIsRefused(long bytes, long alignment) {
        try (var arena = new WeightArena()) {
            assertThatIllegalArgumentException().isThrownBy(() -> arena.allocate(bytes, alignment));
        }
    }
}
