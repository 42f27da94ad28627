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
                .hasMessageMatching("BAAI/bge-large-en-v1.5 is not in .*/hub, and the hub cannot be asked: HF_HUB_OFFLINE is set;"
                        + " or name its folder, --model BAAI/bge-large-en-v1.5=FOLDER");
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

    @ParameterizedTest
    @CsvSource({"4096, true", "4000, false", "8192, false"})
    void onlyTheLimitThatIsKnownToBeTooLowIsRaised(int stated, boolean raised) throws IOException {
        Files.writeString(folder.resolve("sentence_bert_config.json"), "{\"max_seq_length\": %d}".formatted(stated));

        assertThat(resolve("intfloat/e5-mistral-7b-instruct", "MistralModel", "mistral", 40_000).raisedTokens())
                .isEqualTo(raised ? 32_768 : null);
        assertThat(resolve("me/mine", "MistralModel", "mistral", 40_000).raisedTokens()).isNull();
    }

    private ResolvedModel resolve(String name, String architecture, String type) throws IOException {
        return resolve(name, architecture, type, 64);
    }

    private ResolvedModel resolve(String name, String architecture, String type, int positions) throws IOException {
        Files.writeString(
                folder.resolve("config.json"),
                "{\"architectures\":[\"%s\"],\"model_type\":\"%s\",\"max_position_embeddings\":%d}"
                        .formatted(architecture, type, positions));
        return Hub.resolve(new ModelSpec(name, folder));
    }
}
