package ai.tutti.engine.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.tutti.engine.Fixtures;
import ai.tutti.engine.checkpoint.SentenceModule.Dense;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A folder that cannot be served is refused with one line that names the file and says what to do. */
class BrokenFolderTest {
    @TempDir
    Path folder;

    @Test
    void aMissingFolder() {
        refused(() -> ModelFolder.open(folder.resolve("none")), folder + "/none does not exist");
    }

    @Test
    void anEmptyFolder() {
        refused(() -> ModelFolder.open(folder), folder + "/config.json is missing");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            config.json                        | {"model_type": "bert"                     | config.json is not valid JSON
            config.json                        | [1]                                       | config.json is broken, it is not a JSON object
            config.json                        | {"max_position_embeddings": "x"}          | max_position_embeddings should be a whole number, not "x"
            config.json                        | {"max_position_embeddings": 0}            | leaves no room
            modules.json                       | [{"type": "a.b.Whitening", "path": ""}]   | modules.json asks for the module Whitening
            modules.json                       | [{"type": "Pooling", "path": "../x"}]     | modules.json is broken, it names the folder "../x"
            modules.json                       | [{"type": "Pooling", "path": "x"}]        | x/config.json is missing
            modules.json                       | {"type": "Pooling"}                       | modules.json is broken, it is not a JSON list
            modules.json                       | [{"type": "Transformer"}, {"type": "a.Transformer"}] | several Transformer modules
            modules.json                       | [{"type": "a.WeightedLayerPooling"}]      | asks for the module WeightedLayerPooling
            2_Normalize/config.json            | {"module_input_name": "token_embeddings"} | module_input_name is token_embeddings; only sentence_embedding
            config_sentence_transformers.json  | {"similarity_fn_name": "taxi"}            | similarity_fn_name is taxi; cosine, dot,
            1_Pooling/config.json              | {"pooling_mode": "cube"}                  | pooling_mode cube is not supported
            1_Pooling/config.json              | {"pooling_mode": []}                      | pooling_mode is an empty list
            1_Pooling/config.json              | {"pooling_mode_cls_token": 1}             | pooling_mode_cls_token should be true or false, not 1
            config_sentence_transformers.json  | {"default_prompt_name": "query"}          | default_prompt_name is "query"
            config_sentence_transformers.json  | {"prompts": []}                           | prompts should be an object
            sentence_bert_config.json          | {"max_seq_length": "long"}                | max_seq_length should be a number
            """)
    void aBrokenFile(String file, String content, String message) throws IOException {
        copy("bge");
        Files.createDirectories(folder.resolve(file).getParent());
        Files.writeString(folder.resolve(file), content);

        refused(() -> ModelFolder.open(folder), message);
    }

    @Test
    void brokenJsonIsNamedByItsPlace() throws IOException {
        copy("bge");
        Path file = folder.resolve("config.json");
        Files.writeString(file, "{\n  \"model_type\": \"bert\"");

        refused(() -> ModelFolder.open(folder), ", line 2, column ");
        assertThatThrownBy(() -> ModelFolder.open(folder)).message().doesNotContain("REDACTED", "Source", "start marker");
    }

    @Test
    void missingWeights() throws IOException {
        copy("bge");
        Files.delete(folder.resolve("model.safetensors"));
        refused(() -> ModelFolder.open(folder).checkpoint(), folder + " has no weights");

        Files.createFile(folder.resolve("pytorch_model.bin"));
        refused(() -> ModelFolder.open(folder).checkpoint(), "pytorch_model.bin is broken, it was not written by torch.save");
    }

    @Test
    void neitherPositionsNorALimit() throws IOException {
        copy("bge");
        Files.delete(folder.resolve("sentence_bert_config.json"));
        Files.delete(folder.resolve("tokenizer_config.json"));
        Files.writeString(folder.resolve("config.json"), "{\"model_type\": \"bert\"}");

        refused(() -> ModelFolder.open(folder), "config.json lacks the key max_position_embeddings");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            "module_input_name": "token_embeddings"  | module_input_name is token_embeddings; only sentence_embedding can
            "module_output_name": "scores"           | module_output_name is scores; only sentence_embedding can
            "use_residual": true                     | use_residual is true; only false can be served
            """)
    void denseLayersOfOtherKinds(String setting, String message) throws IOException {
        copy("bge");
        Files.writeString(folder.resolve("modules.json"), "[{\"type\": \"Dense\", \"path\": \"2_Dense\"}]");
        Files.createDirectory(folder.resolve("2_Dense"));
        Files.writeString(folder.resolve("2_Dense/config.json"), "{\"in_features\": 2, \"out_features\": 2, %s}".formatted(setting));

        refused(() -> ModelFolder.open(folder), "2_Dense/config.json: " + message);
    }

    @Test
    void aPointerInPlaceOfTheWeights() throws IOException {
        copy("bge");
        Files.writeString(folder.resolve("model.safetensors"), "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n");

        refused(() -> ModelFolder.open(folder).checkpoint(), "model.safetensors is a Git LFS pointer and not the weights");
    }

    @Test
    void anEmptyWeightsFile() throws IOException {
        copy("bge");
        Files.write(folder.resolve("model.safetensors"), new byte[0]);

        refused(() -> ModelFolder.open(folder).checkpoint(), "model.safetensors is broken, it has only 0 bytes");
    }

    @Test
    void aMissingShard() throws IOException {
        copy("e5-mistral");
        Files.delete(folder.resolve("model-00002-of-00002.safetensors"));

        refused(() -> ModelFolder.open(folder).checkpoint(), "model-00002-of-00002.safetensors is missing");
    }

    @Test
    void aShardOutsideTheFolder() throws IOException {
        copy("e5-mistral");
        Files.writeString(
                folder.resolve("model.safetensors.index.json"), "{\"weight_map\":{\"a\":\"../x.safetensors\"}}");

        refused(() -> ModelFolder.open(folder).checkpoint(), "it names the file \"../x.safetensors\"");
        Files.writeString(
                folder.resolve("model.safetensors.index.json"), "{\"weight_map\":{\"a\":\"\\u0000.safetensors\"}}");
        refused(() -> ModelFolder.open(folder).checkpoint(), "it names the file \"?.safetensors\"");
    }

    @Test
    void aTensorThatNoShardHas() throws IOException {
        copy("e5-mistral");
        Path index = folder.resolve("model.safetensors.index.json");
        Files.writeString(index, Files.readString(index).replace("\"norm.weight\"", "\"norm.weights\""));

        refused(() -> ModelFolder.open(folder).checkpoint(), "has no tensor norm.weights, which");
    }

    @Test
    void aTensorOfAnotherShape() {
        try (Checkpoint checkpoint = Checkpoint.open(Fixtures.folder("bge"))) {
            refused(() -> checkpoint.require("embeddings.LayerNorm.weight", 384), "embeddings.LayerNorm.weight has shape [32]");
            refused(() -> checkpoint.require("encoder.norm.weight", 32), "has no tensor encoder.norm.weight of shape [32]");
        }
    }

    @Test
    void aMissingTokenizer() throws IOException {
        copy("bge");
        Files.delete(folder.resolve("tokenizer.json"));
        Files.delete(folder.resolve("vocab.txt"));

        refused(() -> ModelFolder.open(folder).tokenizer(), folder + "/tokenizer.json is missing");
    }

    @Test
    void aTruncatedTokenizer() throws IOException {
        copy("bge");
        Path file = folder.resolve("tokenizer.json");
        Files.writeString(file, Files.readString(file).substring(0, 5000));

        refused(() -> ModelFolder.open(folder).tokenizer(), file + " is not valid JSON");
    }

    @Test
    void aTokenizerOfOtherBytes() throws IOException {
        copy("gte-large");
        Path file = folder.resolve("tokenizer.json");
        Files.write(file, new byte[] {'{', (byte) 0xff, (byte) 0xfe});

        refused(() -> ModelFolder.open(folder).tokenizer(), file + " is not text in UTF-8");
    }

    @Test
    void closedTensorsAreGone() {
        Checkpoint checkpoint = Checkpoint.open(Fixtures.folder("bge"));
        StoredTensor tensor = checkpoint.require("embeddings.LayerNorm.weight", 32);
        checkpoint.close();
        checkpoint.close();

        assertThat(tensor.data().scope().isAlive()).isFalse();
    }

    @Test
    void severalModulesInOrder() throws IOException {
        copy("bge");
        Files.writeString(folder.resolve("modules.json"), """
                [{"type": "sentence_transformers.models.Transformer", "path": ""},
                 {"type": "sentence_transformers.models.Pooling", "path": "1_Pooling"},
                 {"type": "sentence_transformers.base.modules.dense.Dense", "path": "2_Dense"}]""");
        Files.writeString(
                folder.resolve("1_Pooling/config.json"), "{\"pooling_mode\": [\"mean\", \"cls\"], \"include_prompt\": false}");
        Files.createDirectory(folder.resolve("2_Dense"));
        Files.writeString(folder.resolve("2_Dense/config.json"), """
                {"in_features": 64, "out_features": 16, "activation_function": "torch.nn.modules.linear.Identity"}""");

        assertThat(ModelFolder.open(folder).modules())
                .containsExactly(
                        new SentenceModule.Pooling(List.of(PoolingMode.MEAN, PoolingMode.CLS), false),
                        new Dense(folder.resolve("2_Dense"), 64, 16, true, "Identity"));
    }

    private void copy(String name) throws IOException {
        Fixtures.copy(name, folder);
    }

    private static void refused(Runnable action, String message) {
        assertThatThrownBy(action::run)
                .isInstanceOf(ModelLoadException.class)
                .hasMessageContaining(message)
                .satisfies(e -> assertThat(e.getMessage()).hasLineCount(1));
    }
}
