package ai.tutti.engine.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.tutti.engine.checkpoint.ModelLoadException;
import ai.tutti.engine.checkpoint.StoredTensor;
import ai.tutti.engine.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;

final class StoredNumbersTest {
    /** Shapes and strides at random, against indices counted one by one. */
    @RepeatedTest(50)
    void anyRankAndAnyStrides(RepetitionInfo repetition) {
        var random = new Random(repetition.getCurrentRepetition());
        int rank = random.nextInt(5);
        var shape = random.longs(rank, 0, 5).toArray();
        var strides = new long[rank];
        long stride = 1;
        for (int i : random.ints(0, Math.max(1, rank)).distinct().limit(rank).toArray()) {
            strides[i] = shape[i] == 1 ? random.nextInt(100) : stride; // a dimension of one may have any
            stride *= Math.max(1, shape[i]) + Math.max(0, random.nextInt(5) - 2);
        }
        var stored = counting((int) stride + 400);
        int size = (int) Arrays.stream(shape).reduce(1, (a, b) -> a * b);
        var expected = new float[size];
        for (int i = 0; i < size; i++) {
            long place = 0;
            for (int d = rank - 1, rest = i; d >= 0; rest /= (int) shape[d--]) {
                place += rest % shape[d] * strides[d];
            }
            expected[i] = (float) place;
        }

        var target = new float[size + 2];
        StoredNumbers.read(tensor(stored, shape, strides), target, 1);

        assertThat(Arrays.copyOfRange(target, 1, size + 1)).isEqualTo(expected);
    }

    @Test
    void aPartOfTheFirstDimension() {
        var target = new float[6];
        StoredNumbers.read(tensor(counting(24), new long[] {4, 2, 3}, 6, 3, 1), 2, 1, target, 0);

        assertThat(target).containsExactly(12, 13, 14, 15, 16, 17);
    }

    @Test
    void whatIsNotFiniteIsNamedByItsPlaceInTheTensor() {
        var stored = counting(24);
        stored[20] = Float.NEGATIVE_INFINITY;
        var tensor = tensor(stored, new long[] {4, 2, 3}, 6, 3, 1);

        assertThatThrownBy(() -> StoredNumbers.read(tensor, 2, 2, new float[12], 0))
                .isInstanceOf(ModelLoadException.class)
                .hasMessage("f: tensor t holds -Infinity at place 20; the file is damaged");
    }

    private static float[] counting(int count) {
        var numbers = new float[count];
        for (int i = 0; i < count; i++) {
            numbers[i] = i;
        }
        return numbers;
    }

    private static StoredTensor tensor(float[] stored, long[] shape, long... strides) {
        return new StoredTensor("t", DType.F32, shape, strides, MemorySegment.ofArray(stored), "f");
    }
}
