package ai.tutti.engine.text;

import static org.assertj.core.api.Assertions.assertThat;

import ai.tutti.engine.Fixtures;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/** Token ids equal the reference implementation's for every text of every fixture folder. */
class TokenizerFixturesTest {
    static final List<String> CROSS_ENCODERS =
            List.of("bge-reranker", "gte-reranker-modernbert", "llama-rank", "ms-marco-minilm", "mxbai-rerank-v1");

    static List<String> embeddings() {
        return Fixtures.folders().stream()
                .filter(name -> Fixtures.cases(name).path("kind").asString().equals("embedding"))
                .toList();
    }

    @ParameterizedTest
    @MethodSource("embeddings")
    void singleTexts(String folder) throws IOException {
        JsonNode cases = Fixtures.cases(folder);
        int limit = cases.path("max_tokens").intValue();
        try (Tokenizer tokenizer = load(folder)) {
            for (JsonNode text : cases.path("cases")) {
                String input = text.path("prompt").asString("") + text.path("text").stringValue();
                int[] ids = tokenizer.truncate(tokenizer.encode(input), limit, Truncation.END);
                assertThat(ids).as("%s", text.path("label")).isEqualTo(Fixtures.ints(text.path("ids")));
            }
        }
    }

    @ParameterizedTest
    @FieldSource("CROSS_ENCODERS")
    void pairs(String folder) throws IOException {
        JsonNode cases = Fixtures.cases(folder);
        int limit = cases.path("max_tokens").intValue();
        int compared = 0;
        try (Tokenizer tokenizer = load(folder)) {
            for (JsonNode rerank : cases.path("cases")) {
                String query = rerank.path("query").stringValue();
                for (JsonNode document : rerank.path("documents")) {
                    TokenizedPair pair = tokenizer.encodePair(query, document.path("text").stringValue());
                    if (pair.ids().length > limit) {
                        continue;
                    }
                    compared++;
                    assertThat(pair.ids()).as("%s", document).isEqualTo(Fixtures.ints(document.path("ids")));
                    if (document.has("type_ids")) {
                        assertThat(pair.typeIds()).isEqualTo(Fixtures.ints(document.path("type_ids")));
                    }
                }
            }
        }
        assertThat(compared).isGreaterThan(10);
    }

    private static Tokenizer load(String folder) throws IOException {
        Path path = Fixtures.folder(folder);
        return Tokenizer.load(path.resolve("tokenizer.json"), path.resolve("tokenizer_config.json"));
    }
}
