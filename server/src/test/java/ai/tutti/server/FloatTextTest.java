package ai.tutti.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class FloatTextTest {
    private final byte[] out = new byte[2 + FloatText.MOST_BYTES];

    @ParameterizedTest
    @CsvSource({
        "0, 0.0", "-0.0, -0.0", "1, 1.0", "-1, -1.0", "0.5, 0.5", "-0.25, -0.25", "0.1, 0.1", "0.01, 0.01", "0.001, 0.001",
        "0.00099999, 9.9999E-4", "0.99999994, 0.99999994", "0.1875, 0.1875", "3.4028235E38, 3.4028235E38",
        "-1.1754944E-38, -1.1754944E-38", "1.4E-45, 1.4E-45", "123456.79, 123456.79"
    })
    void isTheNumber(float value, String expected) {
        assertThat(text(value)).isEqualTo(expected);
    }

    @Test
    void everyReaderReadsTheSameFloatAndNoNumberIsLongerThanJavas() {
        var random = new Random(3);
        for (int i = 0; i < 300_000; i++) {
            check((float) (random.nextGaussian() * 0.05));
            check(random.nextFloat());
            float any = Float.intBitsToFloat(random.nextInt());
            if (Float.isFinite(any)) {
                check(any);
            }
        }
    }

    private void check(float value) {
        var text = text(value);
        if (Float.parseFloat(text) != value || (float) Double.parseDouble(text) != value) {
            throw new AssertionError(value + " is written as " + text);
        }
        if (text.length() > Float.toString(value).length()) {
            throw new AssertionError(value + " is written longer, as " + text);
        }
    }

    private String text(float value) {
        int end = FloatText.write(value, out, 2);
        assert end <= out.length;
        return new String(out, 2, end - 2, StandardCharsets.US_ASCII);
    }
}
