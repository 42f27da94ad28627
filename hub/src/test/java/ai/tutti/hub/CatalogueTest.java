package ai.tutti.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.withinPercentage;

import ai.tutti.hub.CatalogueEntry.Kind;
import ai.tutti.hub.CatalogueEntry.RaisedLimit;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class CatalogueTest {
    @ParameterizedTest
    @CsvSource({
        "togethercomputer/m2-bert-80M-2k-retrieval,    768,  2048",
        "togethercomputer/m2-bert-80M-8k-retrieval,    768,  8192",
        "togethercomputer/m2-bert-80M-32k-retrieval,   768, 32768",
        "WhereIsAI/UAE-Large-V1,                      1024,   512",
        "BAAI/bge-large-en-v1.5,                      1024,   512",
        "BAAI/bge-base-en-v1.5,                        768,   512",
        "thenlper/gte-large,                          1024,   512",
        "intfloat/e5-mistral-7b-instruct,             4096, 32768",
        "intfloat/multilingual-e5-large-instruct,     1024,   512",
        "Alibaba-NLP/gte-modernbert-base,              768,  8192"
    })
    void theGuidesTable(String name, int dimensions, int maxTokens) {
        CatalogueEntry entry = find(name);

        assertThat(entry.kind()).isEqualTo(Kind.EMBEDDING);
        assertThat(entry.license()).isIn("MIT", "Apache-2.0");
        assertThat(entry.dimensions()).isEqualTo(dimensions);
        assertThat(entry.maxTokens()).isEqualTo(maxTokens);
    }

    /** The page of models says of each what the catalogue says. */
    @ParameterizedTest
    @MethodSource("ai.tutti.hub.Catalogue#entries")
    void thePageOfModelsIsTrue(CatalogueEntry entry) throws IOException {
        List<String[]> rows = Files.readAllLines(Path.of("../docs/models.md")).stream()
                .filter(line -> line.startsWith("| `") && line.split("\\|", 3)[1].contains("`" + entry.name() + "`"))
                .map(line -> line.split("\\s*\\|\\s*"))
                .toList();
        assertThat(rows).hasSize(1);
        String[] row = rows.getFirst();

        assertThat(parameters(row[2])).isCloseTo(entry.parameters(), withinPercentage(5));
        if (entry.kind() == Kind.EMBEDDING) {
            assertThat(row[3]).isEqualTo("%,d".formatted(entry.dimensions()));
            assertThat(row[4]).isEqualTo("%,d".formatted(entry.maxTokens()));
        } else {
            assertThat(row[3]).isEqualTo("%,d".formatted(entry.maxTokens()));
        }
    }

    private static long parameters(String text) {
        double number = Double.parseDouble(text.substring(0, text.length() - 1));
        return Math.round(number * (text.endsWith("B") ? 1e9 : 1e6));
    }

    @Test
    void whatFoldersDoNotSay() {
        assertThat(find("intfloat/e5-mistral-7b-instruct").raisedLimit()).isEqualTo(new RaisedLimit(4096, 32768));
        assertThat(find("togethercomputer/m2-bert-80M-8k-retrieval").tokenizer()).isEqualTo("bert-base-uncased");
        assertThat(find("Qwen/Qwen3-Embedding-0.6B").matryoshka()).isTrue();
        assertThat(find("BAAI/bge-base-en-v1.5").matryoshka()).isFalse();
        assertThat(find("Salesforce/Llama-Rank-V1").published()).isFalse();
        assertThat(find("BAAI/bge-m3").raisedLimit()).isNull();
        assertThat(find("BAAI/bge-m3").tokenizer()).isNull();
    }

    /** Together's documents spell names in several ways. */
    @Test
    void aNameIsFoundWhateverItsCase() {
        assertThat(find("mixedbread-ai/Mxbai-Rerank-Large-V2")).isSameAs(find("mixedbread-ai/mxbai-rerank-large-v2"));
    }

    @Test
    void promptsAreWrittenAsTheModelsLearntThem() {
        assertThat(find("BAAI/bge-small-en-v1.5").prompts())
                .containsEntry("query", "Represent this sentence for searching relevant passages: ")
                .containsEntry("document", "");
        assertThat(find("intfloat/multilingual-e5-large-instruct").prompts().get("query"))
                .isEqualTo("Instruct: Given a web search query, retrieve relevant passages that answer the query\nQuery: ");
        assertThat(find("thenlper/gte-large").prompts()).isEmpty();
    }

    @Test
    void everyEntryIsComplete() {
        assertThat(Catalogue.entries()).hasSizeGreaterThan(20).allSatisfy(entry -> {
            assertThat(entry.license()).isNotEmpty();
            assertThat(entry.family()).isNotEmpty();
            assertThat(entry.link()).startsWith("https://");
            assertThat(entry.parameters()).isPositive();
            assertThat(entry.maxTokens()).isPositive();
            assertThat(entry.dimensions() > 0).isEqualTo(entry.kind() == Kind.EMBEDDING);
            assertThat(entry.traps()).allMatch(trap -> trap.matches("[A-Z].*[.]"));
            assertThat(entry.organization() + "/" + entry.displayName()).isEqualTo(entry.name());
            if (entry.kind() == Kind.RERANK) {
                assertThat(entry.prompts()).isEmpty();
            }
        });
    }

    @Test
    void anUnknownNameIsNotFound() {
        assertThat(Catalogue.find("nobody/nothing")).isNull();
    }

    private static CatalogueEntry find(String name) {
        return Objects.requireNonNull(Catalogue.find(name), name);
    }
}
