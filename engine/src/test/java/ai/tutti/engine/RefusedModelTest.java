package ai.tutti.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.tutti.engine.checkpoint.ModelFolder;
import ai.tutti.engine.checkpoint.ModelLoadException;
import ai.tutti.engine.kernel.Kernels;
import ai.tutti.engine.tensor.Precision;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Folders whose parts do not fit one another, or not this engine, are refused in one line before they take memory. */
final class RefusedModelTest {
    private static final Engine ENGINE = Engine.create(new Engine.Settings(1, 1_000_000));

    @TempDir
    Path folder;

    @AfterAll
    static void close() {
        ENGINE.close();
    }

    @BeforeEach
    void copy() throws IOException {
        Fixtures.copy("bge", folder);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            "hidden_act": "gelu"               | "hidden_act": "mish"                  | hidden_act is mish; only gelu
            "hidden_act": "gelu"               | "is_decoder": true                    | is_decoder is true; only false can be served
            "absolute"                         | "relative_key"                        | position_embedding_type is relative_key
            "model_type": "bert"               | "model_type": "bort"                  | models of type "bort" (BertModel) cannot be served
            "model_type": "bert"               | "model_kind": "bert"                  | config.json lacks the key model_type
            "num_hidden_layers": 3             | "num_hidden_layers": 0                | num_hidden_layers is 0; at least 1
            "num_hidden_layers": 3             | "num_hidden_layers": 4                | no tensor encoder.layer.3.
            "num_attention_heads": 4           | "num_attention_heads": 5              | hidden_size 32 cannot be divided by num_attention_heads 5
            "num_attention_heads": 4           | "num_attention_heads": 0              | cannot be divided by num_attention_heads 0
            "layer_norm_eps": 1e-12            | "layer_norm_eps": 0                   | layer_norm_eps is 0.0; it must be
            "hidden_size": 32                  | "hidden_size": 2000000000             | has shape [1123, 32] where config.json asks for [1123, 2000000000]
            "intermediate_size": 64            | "intermediate_size": 100000000        | has shape [64, 32] where config.json asks for [100000000, 32]
            "vocab_size": 1123                 | "vocab_size": 2147483647              | has shape [1123, 32] where config.json asks for [2147483647, 32]
            "max_position_embeddings": 64      | "n_positions": 64                     | config.json lacks the key max_position_embeddings
            "max_position_embeddings": 64      | "max_position_embeddings": 2147483647 | max_position_embeddings is 2147483647; at most 131072
            "type_vocab_size": 2               | "type_vocab_size": 3                  | embeddings.token_type_embeddings.weight has shape [2, 32]
            """)
    void aConfigurationThatCannotBe(String old, String fresh, String message) throws IOException {
        replace("config.json", old, fresh);

        refused(null, message);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            models.Normalize | models.Dense     | 2_Normalize/config.json is missing
            models.Normalize | models.Pooling   | 2_Normalize/config.json is missing
            models.Pooling   | models.Normalize | modules.json: 0 Pooling modules (one is needed) cannot be served
            """)
    void modulesThatAreMissing(String old, String fresh, String message) throws IOException {
        replace("modules.json", old, fresh);

        refused(null, message);
    }

    @ParameterizedTest
    @CsvSource({"NaN, NaN", "Infinity, Infinity"})
    void weightsThatAreNotFinite(float value, String shown) throws IOException {
        new TensorPatch(folder).fill("encoder.layer.1.output.dense.bias", 7, 1, value).write();

        refused(null, "tensor encoder.layer.1.output.dense.bias holds %s at place 7".formatted(shown));
    }

    @Test
    void weightsStoredAsIntegers() throws IOException {
        var name = "\"embeddings.LayerNorm.weight\":{\"dtype\":\"";
        new TensorPatch(folder).header(name + "F32", name + "I32").write();

        refused(null, "tensor embeddings.LayerNorm.weight is stored as I32, which cannot be served");
    }

    @Test
    void aTokenizerThatKnowsMoreThanTheModel() throws IOException {
        replace("tokenizer.json", "\"id\": 103", "\"id\": 2103");

        refused(null, "the tokenizer has 2104 tokens, but the model's table only 1123 rows");
    }

    @Test
    void limitsThatLeaveNoRoomForAText() throws IOException {
        refused(2, "max-tokens must be between 3 and 64, the rows of the position table, not 2");
        refused(65, "max-tokens must be between 3 and 64, the rows of the position table, not 65");
        replace("sentence_bert_config.json", "64", "2");
        refused(null, "limits texts to 2 tokens, and 3 are the least: set max-tokens");
    }

    @Test
    void int8WhereItCannotBeComputed() throws IOException {
        if (Kernels.instance().cpu().multipliesBytes()) {
            replace("config.json", "\"gelu\"", "\"silu\"");
            refused(Precision.INT8, null, "hidden_act is silu; in int8 only gelu and relu can be served: use --precision auto");
            replace("config.json", "\"silu\"", "\"gelu\"");
        } else {
            refused(Precision.INT8, null, "tiny: int8 for models of type \"bert\" needs a CPU with AVX-512 VNNI, and this one is");
        }
        replace("config.json", "\"bert\"", "\"modernbert\"");
        refused(
                Precision.INT8,
                null,
                "tiny: int8 is for BERT, XLM-RoBERTa and decoders; models of type \"modernbert\" are served in f32 or bf16");
    }

    private void replace(String file, String old, String fresh) throws IOException {
        var text = Files.readString(folder.resolve(file));
        assertThat(text).contains(old);
        Files.writeString(folder.resolve(file), text.replace(old, fresh));
    }

    private void refused(@Nullable Integer maxTokens, String message) {
        refused(Precision.F32, maxTokens, message);
    }

    private void refused(Precision precision, @Nullable Integer maxTokens, String message) {
        var options = new ModelOptions("tiny", precision, maxTokens, null, Map.of());
        assertThatThrownBy(() -> EmbeddingModel.load(ENGINE, ModelFolder.open(folder), options).close())
                .isInstanceOf(ModelLoadException.class)
                .hasMessageContaining(message)
                .satisfies(e -> assertThat(e.getMessage()).hasLineCount(1));
    }
}
