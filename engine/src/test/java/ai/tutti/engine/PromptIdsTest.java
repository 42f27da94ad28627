package ai.tutti.engine;

import static org.assertj.core.api.Assertions.assertThat;

import ai.tutti.engine.checkpoint.ModelFolder;
import ai.tutti.engine.nn.Tokens;
import ai.tutti.engine.text.Truncation;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/** The token ids of whole prompts equal the reference's, but where a text holds a marker of the prompt. */
final class PromptIdsTest {
    @ParameterizedTest
    @CsvSource({"mxbai-rerank-v2, mxbai-rerank-v2", "qwen3-reranker, qwen3-reranker"})
    void idsEqualTheReference(String folderName, String promptName) {
        var cases = Fixtures.cases(folderName);
        int limit = cases.get("max_tokens").intValue();
        int compared = 0;
        int cut = 0;
        try (var asked = new Prompt(folderName, promptName)) {
            for (var rerank : cases.get("cases")) {
                var query = rerank.get("query").stringValue();
                for (var document : rerank.get("documents")) {
                    var batch = new RerankBatch("model", RerankOptions.DEFAULT);
                    int[] ids = asked.ids(query, document.get("text").stringValue(), limit, batch);
                    cut += batch.truncated() > 0 ? 1 : 0;
                    assertThat(batch.tokens()).isEqualTo(ids.length);
                    if (document.path("special_in_text").asBoolean(false)) {
                        assertDefused(asked, ids, document);
                    } else {
                        assertThat(ids).as("%s", document).isEqualTo(Fixtures.ints(document.get("ids")));
                        compared++;
                    }
                }
            }
        }
        assertThat(compared).isGreaterThan(10);
        assertThat(cut).isPositive();
    }

    /** The prompt's own special tokens are there, and none of the text's. */
    private static void assertDefused(Prompt prompt, int[] ids, JsonNode document) {
        int[] own = prompt.ids("q", "d", 1000, new RerankBatch("model", RerankOptions.DEFAULT));
        assertThat(special(ids, prompt)).as("%s", document).containsExactly(special(own, prompt));
        assertThat(special(Fixtures.ints(document.get("ids")), prompt).length).isGreaterThan(special(own, prompt).length);
    }

    private static int[] special(int[] ids, Prompt prompt) {
        return Arrays.stream(ids).filter(id -> id >= prompt.firstSpecial).toArray();
    }

    /** A fixture's prompt without its model. */
    private static final class Prompt implements AutoCloseable {
        final PromptTokens tokens;
        final ai.tutti.engine.text.Tokenizer defused;
        final int firstSpecial;

        Prompt(String folderName, String promptName) {
            var folder = ModelFolder.open(Fixtures.folder(folderName));
            var prompt = java.util.Objects.requireNonNull(RerankPrompt.named(promptName));
            try (var tokenizer = folder.tokenizer()) {
                tokens = PromptTokens.of(prompt, tokenizer);
                firstSpecial = tokenizer.encodeBare("<|endoftext|>")[0];
            }
            defused = folder.defusedTokenizer(prompt.ownText());
        }

        int[] ids(String query, String document, int limit, RerankBatch batch) {
            var options = RerankOptions.DEFAULT.withTruncation(Truncation.END);
            int most = Math.min(tokens.room(Math.min(limit, tokens.prompt().limits().tokens())), tokens.prompt().limits().room());
            var asked = new AskedPrompt(tokens, defused, query, options, batch, most);
            asked.add(document);
            return batch.texts().stream().map(Tokens::ids).findFirst().orElseThrow();
        }

        @Override
        public void close() {
            defused.close();
        }
    }

    static List<String> names() {
        return RerankPrompt.names();
    }
}
