package ai.tutti.engine.text;

import static org.assertj.core.api.Assertions.assertThat;

import ai.tutti.engine.Fixtures;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
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
        int cut = 0;
        try (Tokenizer tokenizer = load(folder)) {
            PairTemplate template = tokenizer.pairTemplate();
            for (JsonNode rerank : cases.path("cases")) {
                int[] query = tokenizer.encodeBare(rerank.path("query").stringValue());
                for (JsonNode document : rerank.path("documents")) {
                    int[] text = tokenizer.encodeBare(document.path("text").stringValue());
                    PairTruncation kept =
                            PairTruncation.longestFirst(query.length, text.length, limit - template.specialTokens());
                    TokenizedPair pair = template.join(
                            PairTruncation.keep(query, kept.first(), Truncation.END),
                            PairTruncation.keep(text, kept.second(), Truncation.END));
                    cut += query.length + text.length - kept.first() - kept.second() > 0 ? 1 : 0;
                    assertThat(pair.ids()).as("%s", document).isEqualTo(Fixtures.ints(document.path("ids")));
                    if (document.has("type_ids")) {
                        int[] types = new int[pair.ids().length];
                        Arrays.fill(types, pair.second(), types.length, 1);
                        assertThat(types).isEqualTo(Fixtures.ints(document.path("type_ids")));
                    }
                }
            }
        }
        assertThat(cut).isPositive();
    }

    private static Tokenizer load(String folder) throws IOException {
        Path path = Fixtures.folder(folder);
        return Tokenizer.load(path.resolve("tokenizer.json"), path.resolve("tokenizer_config.json"));
    }
}
