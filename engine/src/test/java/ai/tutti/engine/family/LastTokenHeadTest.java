package ai.tutti.engine.family;

import static org.assertj.core.api.Assertions.assertThat;

import ai.tutti.engine.Fixtures;
import ai.tutti.engine.checkpoint.ModelFolder;
import ai.tutti.engine.nn.Tile;
import ai.tutti.engine.nn.Tokens;
import ai.tutti.engine.tensor.Precision;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A decoder's score is that of the last token that is not padding, as transformers has it. */
final class LastTokenHeadTest {
    @Test
    void paddingAtATextsEndIsNotLookedAt() {
        var folder = ModelFolder.open(Fixtures.folder("llama-rank"));
        int padding = folder.config().requireInt("pad_token_id");
        try (var model = LoadedModel.load(folder, Precision.F32)) {
            var bare = new Tokens(new int[] {930, 5, padding, 7});
            var padded = new Tokens(new int[] {930, 5, padding, 7, padding, padding});
            var nothing = new Tokens(new int[] {padding, padding});
            var logits = model.logits(Tile.of(List.of(bare, padded, nothing)));
            assertThat(logits[1]).isEqualTo(logits[0]);
            assertThat(logits[2]).isEqualTo(model.logits(Tile.of(List.of(new Tokens(new int[] {padding}))))[0]);
            assertThat(logits[2]).isNotEqualTo(logits[0]);
        }
    }
}
