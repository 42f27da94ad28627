package ai.tutti.engine.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.tutti.engine.checkpoint.Checkpoint;
import ai.tutti.engine.checkpoint.ModelLoadException;
import ai.tutti.engine.checkpoint.StoredTensor;
import ai.tutti.engine.kernel.Kernels;
import ai.tutti.engine.tensor.DType;
import ai.tutti.engine.tensor.Precision;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Numbers come out in the model's order, whatever the file's, and however many there are. */
final class WeightsTest {
    private static final int ENTRIES = 7;
    private static final int COLUMNS = 400_000;

    /** A checkpoint of one tensor. */
    private record One(StoredTensor tensor) implements Checkpoint {
        static One of(MemorySegment data, long[] shape, long... strides) {
            return new One(new StoredTensor("table", DType.F32, shape, strides, data, "model.safetensors"));
        }

        @Override
        public Set<String> names() {
            return Set.of(tensor.name());
        }

        @Override
        public @Nullable StoredTensor find(String name) {
            return tensor;
        }

        @Override
        public StoredTensor require(String name, long... shape) {
            assertThat(shape).isEqualTo(tensor.shape());
            return tensor;
        }

        @Override
        public void close() {}
    }

    @Test
    void aTableLargerThanABlock() {
        try (var arena = Arena.ofConfined()) {
            var stored = counting(arena, ENTRIES * COLUMNS);
            var weights = weights(One.of(stored, new long[] {ENTRIES, COLUMNS}, COLUMNS, 1), arena);

            assertThat(weights.table("table", ENTRIES, COLUMNS).matrix().data().mismatch(stored)).isEqualTo(-1);
            assertThat(weights.bytes()).isEqualTo(stored.byteSize());
        }
    }

    @Test
    void aTableStoredTheOtherWayRound() {
        try (var arena = Arena.ofConfined()) {
            var stored = counting(arena, ENTRIES * COLUMNS);
            var table = weights(One.of(stored, new long[] {ENTRIES, COLUMNS}, 1, ENTRIES), arena)
                    .table("table", ENTRIES, COLUMNS)
                    .matrix()
                    .data();

            for (int entry = 0; entry < ENTRIES; entry++) {
                for (int column = 0; column < COLUMNS; column += 99_999) {
                    assertThat(table.getAtIndex(ValueLayout.JAVA_FLOAT, (long) entry * COLUMNS + column))
                            .isEqualTo(column * ENTRIES + entry);
                }
            }
        }
    }

    @Test
    void aDamagedNumberIsNamedByItsPlace() {
        try (var arena = Arena.ofConfined()) {
            var stored = counting(arena, ENTRIES * COLUMNS);
            stored.setAtIndex(ValueLayout.JAVA_FLOAT, 5L * COLUMNS + 3, Float.NaN);
            var weights = weights(One.of(stored, new long[] {ENTRIES, COLUMNS}, COLUMNS, 1), arena);

            assertThatThrownBy(() -> weights.table("table", ENTRIES, COLUMNS))
                    .isInstanceOf(ModelLoadException.class)
                    .hasMessage("model.safetensors: tensor table holds NaN at place 2000003; the file is damaged");
        }
    }

    private static Weights weights(Checkpoint checkpoint, Arena arena) {
        return new Weights(checkpoint, Kernels.instance(), arena, Precision.F32);
    }

    private static MemorySegment counting(Arena arena, int count) {
        var data = arena.allocate((long) count * Float.BYTES, Float.BYTES);
        for (int i = 0; i < count; i++) {
            data.setAtIndex(ValueLayout.JAVA_FLOAT, i, i);
        }
        return data;
    }
}
