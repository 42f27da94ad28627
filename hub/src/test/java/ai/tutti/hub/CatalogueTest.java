package ai.tutti.hub;

import static org.assertj.core.api.Assertions.assertThat;

import ai.tutti.hub.CatalogueEntry.Kind;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CatalogueTest {
    @ParameterizedTest
    @ValueSource(strings = {
        "togethercomputer/m2-bert-80M-2k-retrieval",
        "togethercomputer/m2-bert-80M-8k-retrieval",
        "togethercomputer/m2-bert-80M-32k-retrieval",
        "WhereIsAI/UAE-Large-V1",
        "BAAI/bge-large-en-v1.5",
        "BAAI/bge-base-en-v1.5",
        "thenlper/gte-large",
        "intfloat/e5-mistral-7b-instruct"
    })
    void theGuidesEmbeddingModels(String name) {
        assertThat(find(name).kind()).isEqualTo(Kind.EMBEDDING);
        assertThat(find(name).license()).isIn("MIT", "Apache-2.0");
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
