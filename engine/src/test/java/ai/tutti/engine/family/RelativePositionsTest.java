package ai.tutti.engine.family;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Rows as PyTorch computes them in float32. */
final class RelativePositionsTest {
    @Test
    void nearDistancesHaveARowEach() {
        var positions = new RelativePositions(256, 256, 512);

        assertThat(positions.row(0)).isEqualTo(256);
        assertThat(positions.row(-128)).isEqualTo(128);
        assertThat(positions.row(511)).isEqualTo(511);
        assertThat(positions.row(-600)).isZero();
    }

    @Test
    void theEdgesOfBucketsAreThoseOfFloat32() {
        assertThat(new RelativePositions(32, 32, 129).row(32)).isEqualTo(32 + 21);
        assertThat(new RelativePositions(32, 32, 129).row(-64)).isEqualTo(32 - 26);
        assertThat(new RelativePositions(128, 128, 513).row(256)).isEqualTo(128 + 106);
    }

    @Test
    void moreBucketsThanPositionsLeaveEveryDistanceItsOwnRow() {
        assertThat(new RelativePositions(256, 256, 12).row(11)).isEqualTo(267);
    }
}
