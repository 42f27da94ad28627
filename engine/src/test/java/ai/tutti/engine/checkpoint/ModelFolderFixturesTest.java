package ai.tutti.engine.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import ai.tutti.engine.Fixtures;
import ai.tutti.engine.checkpoint.SentenceModule.Normalize;
import ai.tutti.engine.checkpoint.SentenceModule.Pooling;
import ai.tutti.engine.text.Tokenizer;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import tools.jackson.databind.JsonNode;

/** The fixture folders, old schemas and new, are read as their notes say. */
class ModelFolderFixturesTest {
    static final List<String> FOLDERS = Fixtures.folders();

    private static final Map<PoolingMode, String> LABELS =
            Map.of(PoolingMode.CLS, "cls", PoolingMode.MEAN, "mean", PoolingMode.LAST_TOKEN, "lasttoken");

    @ParameterizedTest
    @FieldSource("FOLDERS")
    void everyFolderIsRead(String name) {
        JsonNode cases = Fixtures.cases(name);
        ModelFolder folder = ModelFolder.open(Fixtures.folder(name));

        assertThat(folder.maxTokens()).isEqualTo(cases.path("max_tokens").intValue());
        assertThat(folder.maxTokens()).isLessThanOrEqualTo(folder.positions());
        assertThat(folder.architecture()).isNotEmpty();
        assertThat(folder.modelType()).isNotEmpty();
        if (cases.path("kind").asString().equals("embedding") && !name.equals("m2-bert")) {
            Pooling pooling = (Pooling) folder.modules().getFirst();
            assertThat(pooling.modes()).extracting(LABELS::get).containsExactly(cases.path("pooling").asString());
            assertThat(pooling.includePrompt()).isTrue();
            assertThat(folder.modules().contains(new Normalize()))
                    .isEqualTo(cases.path("normalized").booleanValue());
        }
        try (Tokenizer tokenizer = folder.tokenizer()) {
            assertThat(tokenizer.vocabularySize())
                    .isPositive()
                    .isLessThanOrEqualTo(folder.config().requireInt("vocab_size"));
        }
    }

    @ParameterizedTest
    @FieldSource("FOLDERS")
    void encoderTensorsHaveNoPrefix(String name) {
        ModelFolder folder = ModelFolder.open(Fixtures.folder(name));
        if (name.equals("m2-bert")) {
            return;
        }
        try (Checkpoint checkpoint = folder.checkpoint()) {
            assertThat(checkpoint.names())
                    .anyMatch(tensor -> tensor.startsWith("embed"))
                    .anyMatch(tensor -> tensor.startsWith("encoder.layer.0.") || tensor.startsWith("layers.0."))
                    .noneMatch(tensor -> tensor.matches("(model|bert|roberta|deberta)\\..*"));
        }
    }

    @Test
    void promptsKeepTheirOrder() {
        ModelFolder folder = ModelFolder.open(Fixtures.folder("e5-mistral"));

        assertThat(folder.prompts().keySet())
                .containsExactly("web_search_query", "sts_query", "summarization_query", "bitext_query");
        assertThat(folder.prompts()).containsEntry("bitext_query", "Instruct: Retrieve parallel sentences.\nQuery: ");
        assertThat(folder.defaultPromptName()).isNull();
    }

    @Test
    void aFolderWithoutModulesMeansMeanPooling() {
        assertThat(ModelFolder.open(Fixtures.folder("m2-bert")).modules())
                .containsExactly(new Pooling(List.of(PoolingMode.MEAN), true));
    }

    @Test
    void headsKeepTheirNames() {
        try (Checkpoint checkpoint =
                ModelFolder.open(Fixtures.folder("bge-reranker")).checkpoint()) {
            StoredTensor projection = checkpoint.require("classifier.out_proj.weight", 1, 32);

            assertThat(projection.strides()).containsExactly(32, 1);
            assertThat(checkpoint.find("encoder.layer.1.output.dense.weight")).isNotNull();
            assertThat(checkpoint.find("roberta.encoder.layer.1.output.dense.weight")).isNull();
        }
    }
}
