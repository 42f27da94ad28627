package ai.tutti.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.tutti.engine.checkpoint.ModelLoadException;
import ai.tutti.hub.CatalogueEntry.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HubTest {
    @TempDir
    Path folder;

    @Test
    void aNameWithoutAFolderSaysWhatIsPossible() {
        assertThatThrownBy(() -> Hub.resolve(ModelSpec.parse("BAAI/bge-large-en-v1.5")))
                .isInstanceOf(ModelLoadException.class)
                .hasMessage("BAAI/bge-large-en-v1.5 does not come with Tutti: name the folder that has its files,"
                        + " for instance --model BAAI/bge-large-en-v1.5=/models/bge-large-en-v1.5");
    }

    @Test
    void aFolderThatIsNotThere() {
        assertThatThrownBy(() -> Hub.resolve(new ModelSpec("a/b", folder.resolve("none"))))
                .isInstanceOf(ModelLoadException.class)
                .hasMessageContaining(folder.resolve("none") + " does not exist");
    }

    @Test
    void aKnownNameKeepsItsEntryWhateverTheFolder() throws IOException {
        ResolvedModel model = resolve("BAAI/bge-large-en-v1.5", "BertModel", "bert");

        assertThat(model.folder().path()).isEqualTo(folder);
        assertThat(model.entry()).isEqualTo(Catalogue.find("BAAI/bge-large-en-v1.5"));
    }

    @ParameterizedTest
    @CsvSource({
        "BertModel, bert, EMBEDDING",
        "BertForSequenceClassification, bert, RERANK",
        "BertForSequenceClassification, m2_bert, EMBEDDING",
        "Qwen3ForCausalLM, qwen3, RERANK"
    })
    void anUnknownNameIsWhatItsFolderSays(String architecture, String type, Kind kind) throws IOException {
        CatalogueEntry entry = resolve("me/mine", architecture, type).entry();

        assertThat(entry.kind()).isEqualTo(kind);
        assertThat(entry.organization()).isEqualTo("me");
        assertThat(entry.displayName()).isEqualTo("mine");
        assertThat(entry.prompts()).isEmpty();
    }

    private ResolvedModel resolve(String name, String architecture, String type) throws IOException {
        Files.writeString(
                folder.resolve("config.json"),
                "{\"architectures\":[\"%s\"],\"model_type\":\"%s\",\"max_position_embeddings\":64}"
                        .formatted(architecture, type));
        return Hub.resolve(new ModelSpec(name, folder));
    }
}
