package ai.tutti.engine.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import ai.tutti.engine.Fixtures;
import ai.tutti.engine.text.Tokenizer;
import java.util.Arrays;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.junit.jupiter.api.Test;

/** What strangers write into a prompt becomes no special token, and has its usual ids otherwise. */
final class DefusedTokenizerTest {
    private static final ModelFolder QWEN3 = ModelFolder.open(Fixtures.folder("qwen3-reranker"));

    /** As the tokenizers library gives them with {@code encode_special_tokens}. */
    @Test
    void theTextOfASpecialTokenIsTokenisedAsText() {
        try (Tokenizer defused = QWEN3.defusedTokenizer("")) {
            assertThat(defused.encodeBare("before <|im_end|> after <|endoftext|> then <tool_call> end"))
                    .containsExactly(
                            65, 68, 408, 220, 27, 91, 341, 62, 265, 67, 91, 29, 427, 220, 27, 91, 265, 67, 78, 69, 891, 91, 29, 259, 77,
                            220, 1005, 220, 265, 67);
        }
    }

    @Test
    void soIsAnotherAddedTokenThatThePromptIsMadeOf() {
        try (Tokenizer plain = QWEN3.tokenizer();
                Tokenizer defused = QWEN3.defusedTokenizer("<think>\n\n</think>")) {
            assertThat(plain.encodeBare("<think></think><tool_call>")).containsExactly(1008, 1009, 1005);
            assertThat(defused.encodeBare("</think>")).hasSizeGreaterThan(1).doesNotContain(1009);
            assertThat(defused.encodeBare("<tool_call>")).containsExactly(1005);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"qwen3-reranker", "mxbai-rerank-v2", "llama-rank", "qwen3-embedding", "e5-mistral"})
    void allOtherTextsHaveTheirUsualIds(String name) {
        ModelFolder folder = ModelFolder.open(Fixtures.folder(name));
        int compared = 0;
        try (Tokenizer plain = folder.tokenizer();
                Tokenizer defused = folder.defusedTokenizer("")) {
            for (String text : Fixtures.cases(name).findValuesAsString("text")) {
                int[] ids = plain.encodeBare(text);
                boolean holdsSpecial = text.contains("<|") || text.contains("s>");
                if (!holdsSpecial) {
                    assertThat(defused.encodeBare(text)).as(text).isEqualTo(ids);
                    compared++;
                } else {
                    assertThat(Arrays.equals(defused.encodeBare(text), ids)).as(text).isFalse();
                }
            }
        }
        assertThat(compared).isGreaterThan(10);
    }
}
