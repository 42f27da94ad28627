package ai.tutti.engine.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.tutti.engine.tensor.DType;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

/** A worker's memory and plans, when there is not enough of the one and no such thing as the other. */
final class WorkerTest {
    @Test
    void memoryIsSoundAfterARequestForTooMuch() {
        try (var worker = new Worker(Kernels.instance())) {
            var before = worker.matrix("hidden", DType.F32, 100, 100);
            assertThatThrownBy(() -> worker.matrix("hidden", DType.F32, Integer.MAX_VALUE, 1 << 20))
                    .isInstanceOf(OutOfMemoryError.class);
            var after = worker.matrix("hidden", DType.F32, 100, 100);

            assertThat(before.data().scope().isAlive()).isFalse();
            assertThat(after.data().scope().isAlive()).isTrue();
        }
    }

    @Test
    void memoryIsKeptUntilItMustGrow() {
        try (var worker = new Worker(Kernels.instance())) {
            var large = worker.matrix("hidden", DType.F32, 100, 100);
            var small = worker.matrix("hidden", DType.BF16, 10, 100);

            assertThat(small.address(0)).isEqualTo(large.address(0));
            assertThat(worker.matrix("context", DType.F32, 1, 1).address(0)).isNotEqualTo(large.address(0));
        }
    }

    @Test
    void memoryThatWasOfferedCanBeUsedAgain() {
        try (var worker = new Worker(Kernels.instance())) {
            int rows = 20 << 20; // 80 MB
            for (int pass = 0; pass < 2; pass++) {
                var large = worker.matrix("hidden", DType.F32, rows, 1);
                large.data().setAtIndex(ValueLayout.JAVA_FLOAT, rows - 1, 2);

                assertThat(large.data().getAtIndex(ValueLayout.JAVA_FLOAT, rows - 1)).isEqualTo(2);
                worker.offer("hidden", "unknown");
            }
        }
    }

    @Test
    void aPlanThatCannotBeIsRefusedEachTime() {
        var impossible = new PlanSpec.Softmax(-1, 16, DType.F32);
        for (int i = 0; i < 2; i++) {
            assertThatThrownBy(() -> Kernels.instance().plan(impossible))
                    .isInstanceOf(OneDnnException.class)
                    .hasMessageContaining("invalid arguments (planning Softmax[rows=-1");
        }
    }
}
