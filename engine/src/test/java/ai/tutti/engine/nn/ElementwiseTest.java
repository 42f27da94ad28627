package ai.tutti.engine.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What PyTorch's classes give with their default parameters. */
final class ElementwiseTest {
    @ParameterizedTest
    @CsvSource({
        "Identity, -2, -2",
        "Tanh, 0.5, 0.46211716",
        "Sigmoid, -2, 0.11920292",
        "Sigmoid, -200, 0",
        "ReLU, -2, 0",
        "ReLU, 2, 2",
        "LeakyReLU, -2, -0.02",
        "ELU, -1, -0.63212056",
        "SiLU, 1, 0.7310586",
        "SiLU, -200, 0",
        "GELU, 1, 0.84134475",
        "GELU, -3, -0.00404969",
        "GELU, 40, 40",
        "GELU, -40, 0",
        "Softplus, 1, 1.3132616",
        "Softplus, 100, 100",
        "Mish, 1, 0.8650984",
        "Mish, -100, 0",
    })
    void valuesAreThoseOfPyTorch(String name, float x, float expected) {
        var function = Objects.requireNonNull(Elementwise.ofTorch(name));

        assertThat(function.of(x)).isCloseTo(expected, within(1e-7f * Math.max(1, Math.abs(expected))));
        assertThat(function.torchClass()).isEqualTo(name);
    }

    @Test
    void othersAreNotKnown() {
        assertThat(Elementwise.ofTorch("Swoosh")).isNull();
    }
}
