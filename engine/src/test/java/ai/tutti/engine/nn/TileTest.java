package ai.tutti.engine.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Texts side by side, pairs among them. */
final class TileTest {
    @Test
    void textsKeepTheirLengthsPairsTheirSecondPartsAndPromptsTheirs() {
        var tile = Tile.of(List.of(new Tokens(new int[] {7, 8, 9}, 1), new Tokens(new int[] {5, 6}, 2, 1), new Tokens(new int[] {4})));

        assertThat(tile.ids()).containsExactly(7, 8, 9, 5, 6, 4);
        assertThat(tile.starts()).containsExactly(0, 3, 5, 6);
        assertThat(tile.seconds()).containsExactly(1, 2, 1);
        assertThat(tile.prompts()).containsExactly(0, 1, 0);
        assertThat(tile.texts()).isEqualTo(3);
        assertThat(tile.tokens()).isEqualTo(6);
        assertThat(tile.length(1)).isEqualTo(2);
    }

    @Test
    void aSecondPartAndAPromptLieWithinTheirText() {
        assertThatThrownBy(() -> new Tokens(new int[2], 3)).hasMessage("second is 3 of 2 tokens");
        assertThatThrownBy(() -> new Tokens(new int[2], -1)).hasMessage("second is -1 of 2 tokens");
        assertThatThrownBy(() -> new Tokens(new int[2], 2, 3)).hasMessage("prompt is 3 of 2 tokens");
        assertThatThrownBy(() -> new Tile(new int[2], new int[] {0, 2}, new int[2], new int[1], new KeyValues[3]))
                .hasMessage("2 seconds, 1 prompts and 3 prefixes for 1 texts");
    }
}
