package ai.tutti.engine.nn;

import static ai.tutti.engine.checkpoint.PoolingMode.CLS;
import static ai.tutti.engine.checkpoint.PoolingMode.LAST_TOKEN;
import static ai.tutti.engine.checkpoint.PoolingMode.MAX;
import static ai.tutti.engine.checkpoint.PoolingMode.MEAN;
import static ai.tutti.engine.checkpoint.PoolingMode.MEAN_SQRT_LENGTH;
import static ai.tutti.engine.checkpoint.PoolingMode.WEIGHTED_MEAN;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.tutti.engine.checkpoint.PoolingMode;
import ai.tutti.engine.tensor.DType;
import ai.tutti.engine.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every mode on two texts, of four tokens and of one; the rows behind them mean nothing and must not count. */
final class PoolingTest {
    private static final Tile TILE = Tile.of(List.of(new Tokens(new int[4]), new Tokens(new int[1])));
    private static final float[] STATES = {1, -8, 2, -6, 3, -7, 6, -5, /* the second text */ 9, 10, /* slack */ 99, 99};

    static Stream<Arguments> modes() {
        return Stream.of(
                Arguments.of(CLS, new float[] {1, -8}),
                Arguments.of(LAST_TOKEN, new float[] {6, -5}),
                Arguments.of(MAX, new float[] {6, -5}),
                Arguments.of(MEAN, new float[] {3, -6.5f}),
                Arguments.of(MEAN_SQRT_LENGTH, new float[] {6, -13}),
                Arguments.of(WEIGHTED_MEAN, new float[] {3.8f, -6.1f}));
    }

    @ParameterizedTest
    @MethodSource("modes")
    void oneVectorAText(PoolingMode mode, float[] expected) {
        // the first or the last tokens alone are what a model computes when nothing else is wanted
        boolean one = mode == CLS || mode == LAST_TOKEN;
        float[] states = one ? new float[] {expected[0], expected[1], 9, 10, 99, 99} : STATES;
        var vectors = new Pooling(List.of(mode)).apply(matrix(states), TILE);

        assertThat(vectors).hasDimensions(2, 2);
        assertThat(vectors[0]).containsExactly(expected, within(1e-6f));
        assertThat(vectors[1]).containsExactly(new float[] {9, 10}, within(1e-6f));
    }

    static Stream<Arguments> modesBehindAPrompt() {
        return Stream.of(
                Arguments.of(CLS, new float[] {2, -6}),
                Arguments.of(LAST_TOKEN, new float[] {6, -5}),
                Arguments.of(MAX, new float[] {6, -5}),
                Arguments.of(MEAN, new float[] {11 / 3f, -6}),
                Arguments.of(MEAN_SQRT_LENGTH, new float[] {(float) (11 / Math.sqrt(3)), (float) (-18 / Math.sqrt(3))}),
                Arguments.of(WEIGHTED_MEAN, new float[] {37 / 9f, -53 / 9f}));
    }

    @ParameterizedTest
    @MethodSource("modesBehindAPrompt")
    void aPromptsTokensAreLeftOutWhereThePoolingSaysSo(PoolingMode mode, float[] expected) {
        var tile = Tile.of(List.of(new Tokens(new int[4], 4, 1), new Tokens(new int[1], 1, 1)));
        var vectors = new Pooling(List.of(mode), false).apply(matrix(STATES), tile);

        assertThat(vectors[0]).containsExactly(expected, within(1e-6f));
        assertThat(vectors[1]).as("a prompt that fills the text").containsExactly(0, 0);
        assertThat(new Pooling(List.of(MEAN)).apply(matrix(STATES), tile)[0]).containsExactly(3, -6.5f);
        assertThat(new Pooling(List.of(mode), false).rows()).isEqualTo(Rows.ALL);
    }

    @Test
    void severalModesSideBySide() {
        var pooling = new Pooling(List.of(CLS, MEAN));

        assertThat(pooling.rows()).isEqualTo(Rows.ALL);
        assertThat(pooling.dimensions(2)).isEqualTo(4);
        assertThat(pooling.apply(matrix(STATES), TILE))
                .isEqualTo(new float[][] {{1, -8, 3, -6.5f}, {9, 10, 9, 10}});
    }

    @Test
    void onlyTheTokensThatCountAreAskedFor() {
        assertThat(new Pooling(List.of(CLS)).rows()).isEqualTo(Rows.FIRST);
        assertThat(new Pooling(List.of(LAST_TOKEN)).rows()).isEqualTo(Rows.LAST);
        assertThatThrownBy(() -> new Pooling(List.of())).hasMessage("pooling needs at least one mode");
    }

    private static Matrix matrix(float[] states) {
        return new Matrix(
                Arena.ofAuto().allocateFrom(ValueLayout.JAVA_FLOAT, states), DType.F32, states.length / 2, 2);
    }
}
