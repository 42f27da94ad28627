package ai.tutti.engine.family;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.tutti.engine.checkpoint.ModelConfig;
import ai.tutti.engine.checkpoint.ModelFolder;
import ai.tutti.engine.checkpoint.ModelLoadException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a decoder's config.json means, where it speaks and where transformers fills in; hidden states of 64, 4 heads, 3 layers. */
final class DecoderShapeTest {
    private static final int ALL = DecoderShape.ALL;

    @TempDir
    Path folder;

    @Test
    void whatASilentConfigurationMeans() throws IOException {
        var llama = shape("'model_type': 'llama'");
        assertThat(llama.groups()).isEqualTo(4);
        assertThat(llama.headSize()).isEqualTo(16);
        assertThat(llama.windows()).containsExactly(ALL, ALL, ALL);
        assertThat(llama.projectionBias() || llama.outputBias() || llama.mlpBias() || llama.headNorm()).isFalse();
        assertThat(shape("'model_type': 'mistral', 'num_key_value_heads': 2").windows()).containsExactly(4096, 4096, 4096);
        var qwen2 = shape("'model_type': 'qwen2', 'num_key_value_heads': 2, 'sliding_window': 9");
        assertThat(qwen2.windows()).containsExactly(ALL, ALL, ALL);
        assertThat(qwen2.projectionBias()).isTrue();
        assertThat(qwen2.outputBias()).isFalse();
        var qwen3 = shape("'model_type': 'qwen3', 'num_key_value_heads': 1");
        assertThat(qwen3.headSize()).isEqualTo(128);
        assertThat(qwen3.headNorm()).isTrue();
        assertThat(qwen3.projectionBias()).isFalse();
    }

    @Test
    void nullIsNotTheSameAsAbsent() throws IOException {
        var mistral = shape("'model_type': 'mistral', 'num_key_value_heads': null, 'sliding_window': null, 'head_dim': null");
        assertThat(mistral.groups()).isEqualTo(4);
        assertThat(mistral.windows()).containsExactly(ALL, ALL, ALL);
        assertThat(mistral.headSize()).isEqualTo(16);
    }

    @Test
    void biasesAreWhereTheFamilyHasThem() throws IOException {
        var llama = shape("'model_type': 'llama', 'attention_bias': true, 'mlp_bias': true");
        assertThat(llama.projectionBias() && llama.outputBias() && llama.mlpBias()).isTrue();
        var qwen3 = shape("'model_type': 'qwen3', 'num_key_value_heads': 4, 'attention_bias': true, 'mlp_bias': true");
        assertThat(qwen3.projectionBias() && qwen3.outputBias()).isTrue();
        assertThat(qwen3.mlpBias()).isFalse();
        var mistral = shape("'model_type': 'mistral', 'num_key_value_heads': 4, 'attention_bias': true");
        assertThat(mistral.projectionBias()).as("transformers has none there").isFalse();
    }

    @Test
    void windowsOfSomeLayers() throws IOException {
        var by = "'model_type': 'qwen2', 'num_key_value_heads': 4, 'use_sliding_window': true, 'sliding_window': 9, ";
        assertThat(shape(by + "'max_window_layers': 1").windows()).containsExactly(ALL, 9, 9);
        assertThat(shape(by + "'head_dim': 8").windows()).as("of 28 layers and more").containsExactly(ALL, ALL, ALL);
        assertThat(shape(by + "'layer_types': ['sliding_attention', 'full_attention', 'sliding_attention']").windows())
                .containsExactly(9, ALL, 9);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            'model_type': 'llama', 'num_key_value_heads': 3 | num_attention_heads 4 cannot be divided by num_key_value_heads 3
            'model_type': 'llama', 'num_key_value_heads': 0 | cannot be divided by num_key_value_heads 0
            'model_type': 'qwen2'                           | cannot be divided by num_key_value_heads 32
            'model_type': 'llama', 'head_dim': 7            | heads of 7 numbers
            'model_type': 'mistral', 'num_key_value_heads': 4, 'sliding_window': 0 | sliding_window is 0; it must be at least 1
            'model_type': 'qwen3', 'num_key_value_heads': 4, 'layer_types': ['sliding_attention', 'full_attention', 'full_attention'] | layer_types has sliding_attention, but there is no sliding_window in use
            'model_type': 'qwen3', 'num_key_value_heads': 4, 'layer_types': ['full_attention'] | layer_types has 1 entries for 3 layers
            'model_type': 'qwen3', 'num_key_value_heads': 4, 'layer_types': ['a', 'b', 'c'] | layer_types has a; only
            """, quoteCharacter = '"')
    void shapesThatCannotBe(String keys, String message) {
        assertThatThrownBy(() -> shape(keys))
                .isInstanceOf(ModelLoadException.class)
                .hasMessageContaining(folder.resolve("config.json") + ": ")
                .hasMessageContaining(message);
    }

    /** The numbers are those of transformers' {@code ROPE_INIT_FUNCTIONS}. */
    @Test
    void frequenciesOfLlama3AndLinear() throws IOException {
        float[] llama3 = {
            1, 0.2958258f, 0.022194639f, 0.0051262085f, 0.001767767f, 0.0006096123f, 0.0002102241f, 7.249553e-05f
        };
        float[] linear = {0.25f, 0.07905694f, 0.025f, 0.007905695f, 0.0025f, 0.00079056947f, 0.00025f, 7.905695e-05f};
        var parameters = "'rope_type': 'llama3', 'factor': 8.0, 'low_freq_factor': 1.0, 'high_freq_factor': 4.0,"
                + " 'original_max_position_embeddings': 64";
        for (var keys : List.of(
                "'rope_theta': 5000.0, 'rope_scaling': {" + parameters + "}",
                "'rope_theta': 5000.0, 'rope_scaling': {" + parameters.replace("rope_type", "type") + "}",
                "'rope_parameters': {'rope_theta': 5000.0, " + parameters + "}",
                "'rope_theta': 5000, 'original_max_position_embeddings': 64, 'rope_scaling': {"
                        + parameters.replace(": 64", ": 128") + "}")) {
            assertThat(RotaryScaling.frequencies(config(keys), 16, 2048)).as(keys).containsExactly(llama3, within(1e-7f));
        }
        assertThat(RotaryScaling.frequencies(config("'rope_scaling': {'type': 'linear', 'factor': 4}"), 16, 2048))
                .containsExactly(linear, within(1e-8f));
        assertThat(RotaryScaling.frequencies(config("'rope_scaling': {}, 'rope_parameters': {'rope_type': 'default'}"), 4, 9))
                .containsExactly(1, 0.01f);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            'rope_scaling': {'type': 'yarn', 'factor': 4}            | rotary positions of type yarn cannot be served; default, linear and llama3 can
            'rope_parameters': {'rope_type': 'dynamic', 'factor': 4} | rotary positions of type dynamic cannot be served
            'rope_scaling': {'rope_type': 'llama3', 'factor': 8}     | lacks the key rope_scaling.low_freq_factor
            'rope_scaling': {'rope_type': 'llama3', 'factor': 8, 'low_freq_factor': 4, 'high_freq_factor': 1} | low_freq_factor 4.0 must be below high_freq_factor 1.0
            'rope_scaling': {'type': 'linear', 'factor': 0}          | factor is 0.0; it must be above 0
            'rope_theta': 0                                          | rope_theta is 0.0; it must be above 0
            'partial_rotary_factor': 0.5, 'rope_parameters': {'rope_type': 'default'} | partial_rotary_factor is 0.5; only 1 can be served
            'rope_parameters': {'full_attention': {'rope_type': 'default'}} | rope_parameters of each layer type cannot be served
            """, quoteCharacter = '"')
    void rotaryPositionsThatCannotBeServed(String keys, String message) {
        assertThatThrownBy(() -> RotaryScaling.frequencies(config(keys), 16, 2048))
                .isInstanceOf(ModelLoadException.class)
                .hasMessageContaining(folder.resolve("config.json").toString())
                .hasMessageContaining(message);
    }

    private DecoderShape shape(String keys) throws IOException {
        var config = config(keys);
        return DecoderShape.of(config, Sizes.read(config, "rms_norm_eps", 1e-6));
    }

    private ModelConfig config(String keys) throws IOException {
        var sizes = "'hidden_size': 64, 'intermediate_size': 96, 'num_attention_heads': 4, 'num_hidden_layers': 3,"
                + " 'vocab_size': 10, 'max_position_embeddings': 2048, ";
        Files.writeString(folder.resolve("config.json"), ("{" + sizes + keys + "}").replace('\'', '"'));
        return ModelFolder.open(folder).config();
    }
}
