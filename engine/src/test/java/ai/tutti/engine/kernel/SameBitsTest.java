package ai.tutti.engine.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.function.UnaryOperator;
import jdk.incubator.vector.FloatVector;
import org.junit.jupiter.api.Test;

class SameBitsTest {
    private static final int LANES = RingPasses.LANES.length();

    @Test
    void theSineIsRightForEveryAngleThatAFilterMeets() {
        for (float limit : new float[] {0.1f, 3, 100, 10_000}) {
            for (int i = -20_000; i <= 20_000; i++) {
                float x = limit * i / 20_000;
                assertThat((double) one(SameBits::sin, x)).as("sin %s", x).isCloseTo(Math.sin(x), within(3e-7));
            }
        }
    }

    @Test
    void theExponentialIsRightAndNeverTooSmallForItsExponent() {
        for (int i = -20_000; i <= 20_000; i++) {
            float x = 87f * i / 20_000;
            assertThat((double) one(SameBits::exp, x)).isCloseTo(Math.exp(x), within(3e-7 * Math.exp(x)));
        }
        assertThat(one(SameBits::exp, 0)).isEqualTo(1);
        assertThat(one(SameBits::exp, -1e30f)).isBetween(Float.MIN_NORMAL, 1e-36f);
    }

    @Test
    void interpretedAndCompiledGiveTheSameBits() {
        var x = FloatVector.broadcast(RingPasses.LANES, -1.2345f);
        float sine = SameBits.sin(x).lane(0);
        float power = SameBits.exp(x).lane(0);
        for (int i = 0; i < 100_000; i++) {
            assertThat(SameBits.sin(x).lane(0) == sine && SameBits.exp(x).lane(0) == power).isTrue();
        }
    }

    private static float one(UnaryOperator<FloatVector> function, float x) {
        return function.apply(FloatVector.broadcast(RingPasses.LANES, x)).lane(LANES - 1);
    }
}
