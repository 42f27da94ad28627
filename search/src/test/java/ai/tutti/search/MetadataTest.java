package ai.tutti.search;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class MetadataTest {
    @Test
    void comesBackAsItWas() {
        var metadata = Metadata.copy(Map.of("a", "text", "b", 3, "c", 0.5f, "d", true, "e", -(1L << 53), "f", "\0"));

        assertThat(metadata)
                .isEqualTo(Map.of("a", "text", "b", 3L, "c", 0.5, "d", true, "e", -(1L << 53), "f", "\uFFFD"));
        assertThat(Metadata.read(Metadata.write(metadata))).isEqualTo(metadata);
    }

    @Test
    void whatCannotBeFilteredByIsRefusedInOneLine() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Metadata.copy(Map.of("tags", List.of("a\nb"))))
                .withMessage("metadata tags must be text, a boolean or a finite number to 2^53, not [a?b]");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Metadata.copy(Map.of("n", Double.NaN)))
                .withMessageContaining("not NaN");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Metadata.copy(Map.of("text", "x".repeat(801))))
                .withMessage("metadata text may have at most 800 characters, not 801");
        assertThatIllegalArgumentException().isThrownBy(() -> Metadata.copy(Map.of("", 1)));
    }
}
