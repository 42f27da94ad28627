package ai.tutti.engine.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.tutti.engine.Fixtures;
import ai.tutti.engine.checkpoint.SentenceModule.Normalize;
import ai.tutti.engine.checkpoint.SentenceModule.Pooling;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The same facts under the names that transformers 4 and 5 and sentence-transformers 0.3 to 6 give them. */
class FolderConventionsTest {
    private static final Pooling CLS = new Pooling(List.of(PoolingMode.CLS), true);

    @TempDir
    Path folder;

    @BeforeEach
    void copy() throws IOException {
        Fixtures.copy("bge", folder);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            sentence_bert_config.json    | {"max_seq_length": 40, "do_lower_case": false}                            | 40
            sentence_bert_config.json    | {"max_seq_length": null}                                                  | 30
            sentence_bert_config.json    | {"transformer_task": "feature-extraction", "module_output_name": "x"}     | 30
            sentence_bert_config.json    | {"max_seq_length": 40, "tokenizer_args": {"model_max_length": 20}}        | 20
            sentence_bert_config.json    | {"processor_kwargs": {"model_max_length": 20}}                            | 20
            sentence_bert_config.json    | {"max_seq_length": 40, "processing_kwargs": {"text": {"max_length": 25}}} | 25
            sentence_bert_config.json    | {"max_seq_length": 40, "processing_kwargs": {"text": {"padding": true}}}  | 40
            sentence_bert_config.json    | {"max_seq_length": 4000}                                                  | 64
            sentence_roberta_config.json | {"max_seq_length": 41}                                                    | 41
            """)
    void theLimitInAllItsPlaces(String file, String content, int limit) throws IOException {
        Files.delete(folder.resolve("sentence_bert_config.json"));
        Files.writeString(folder.resolve("tokenizer_config.json"), "{\"model_max_length\": 30}");
        Files.writeString(folder.resolve(file), content);

        assertThat(ModelFolder.open(folder).maxTokens()).isEqualTo(limit);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            {"model_max_length": 33}                                | 33
            {"max_len": 34}                                         | 34
            {"model_max_length": 1000000000000000019884624838656}   | 64
            {"model_max_length": null}                              | 64
            {}                                                      | 64
            """)
    void theTokenizersLimit(String content, int limit) throws IOException {
        Files.delete(folder.resolve("sentence_bert_config.json"));
        Files.writeString(folder.resolve("tokenizer_config.json"), content);

        assertThat(ModelFolder.open(folder).maxTokens()).isEqualTo(limit);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            {"model_type": "roberta", "max_position_embeddings": 66, "pad_token_id": 1} | 64
            {"model_type": "xlm-roberta", "max_position_embeddings": 66}                | 64
            {"model_type": "other", "n_positions": 50}                                  | 50
            {"model_type": "m2_bert", "long_conv_l_max": 48}                            | 48
            {"model_type": "other"}                                                     | 64
            """)
    void thePositions(String content, int limit) throws IOException {
        Files.writeString(folder.resolve("config.json"), content);

        assertThat(ModelFolder.open(folder).maxTokens()).isEqualTo(limit);
    }

    @Test
    void modulesAsVersion6WritesThem() throws IOException {
        Files.writeString(folder.resolve("modules.json"), """
                [{"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.base.modules.transformer.Transformer"},
                 {"idx": 1, "name": "1", "path": "1_Pooling",
                  "type": "sentence_transformers.sentence_transformer.modules.pooling.Pooling", "kwargs": []},
                 {"idx": 2, "name": "2", "path": "2_Dropout", "type": "sentence_transformers.sentence_transformer.modules.dropout.Dropout"},
                 {"idx": 3, "name": "3", "path": "3_Normalize", "type": "sentence_transformers.base.modules.normalize.Normalize"}]""");
        Files.createDirectory(folder.resolve("3_Normalize"));
        Files.writeString(folder.resolve("3_Normalize/config.json"),
                "{\"module_input_name\": \"sentence_embedding\", \"module_output_name\": \"sentence_embedding\"}");
        Files.writeString(folder.resolve("1_Pooling/config.json"),
                "{\"embedding_dimension\": 32, \"pooling_mode\": \"cls\", \"include_prompt\": true}");

        ModelFolder opened = ModelFolder.open(folder);

        assertThat(opened.modules()).containsExactly(CLS, new Normalize());
        assertThat(opened.assumedPooling()).isFalse();
    }

    @Test
    void aTransformerInAFolderOfItsOwn() throws IOException {
        Path inner = Files.createDirectory(folder.resolve("0_BERT"));
        for (String name : List.of("config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json",
                "sentence_bert_config.json")) {
            Files.move(folder.resolve(name), inner.resolve(name));
        }
        Files.writeString(folder.resolve("modules.json"), """
                [{"path": "0_BERT", "type": "sentence_transformers.models.BERT"},
                 {"path": "1_Pooling", "type": "sentence_transformers.models.Pooling"}]""");

        ModelFolder opened = ModelFolder.open(folder);

        assertThat(opened.modules()).containsExactly(CLS);
        assertThat(opened.maxTokens()).isEqualTo(64);
        opened.checkpoint().close();
        opened.tokenizer().close();
    }

    @Test
    void withoutModulesMeanPoolingIsAssumed() throws IOException {
        Files.delete(folder.resolve("modules.json"));

        ModelFolder opened = ModelFolder.open(folder);

        assertThat(opened.modules()).containsExactly(new Pooling(List.of(PoolingMode.MEAN), true));
        assertThat(opened.assumedPooling()).isTrue();
    }

    @Test
    void promptsAsVersion6WritesThem() throws IOException {
        Files.writeString(folder.resolve("config_sentence_transformers.json"), """
                {"__version__": {"sentence_transformers": "6.0.1"}, "model_type": "SentenceTransformer",
                 "prompts": {"query": "", "document": "", "sts": null}, "default_prompt_name": null,
                 "similarity_fn_name": "dot"}""");

        ModelFolder opened = ModelFolder.open(folder);

        assertThat(opened.prompts()).isEqualTo(Map.of("query", "", "document", "", "sts", ""));
        assertThat(opened.defaultPromptName()).isNull();
        assertThat(opened.similarity()).isEqualTo(Similarity.DOT);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            {}                                                                                         |   | IDENTITY
            {"id2label": {"0": "LABEL_0"}}                                                             |   | SIGMOID
            {"id2label": {"0": "no", "1": "yes"}}                                                      |   | IDENTITY
            {"num_labels": 1}                                                                          |   | SIGMOID
            {"sbert_ce_default_activation_function": "torch.nn.modules.linear.Identity", "num_labels": 1} | | IDENTITY
            {"sbert_ce_default_activation_function": "torch.nn.modules.activation.Sigmoid"}            |   | SIGMOID
            {"sentence_transformers": {"activation_fn": "torch.nn.modules.linear.Identity"}, "num_labels": 1, "sbert_ce_default_activation_function": "torch.nn.modules.activation.Sigmoid"} | | IDENTITY
            {"sentence_transformers": {"version": "4.1.0"}, "num_labels": 1}                           |   | SIGMOID
            {"num_labels": 1}                          | {"activation_fn": "torch.nn.modules.linear.Identity"} | IDENTITY
            {"sentence_transformers": {"activation_fn": "torch.nn.modules.linear.Identity"}} | {"activation_fn": "torch.nn.modules.activation.Sigmoid"} | SIGMOID
            {"num_labels": 1}                          | {"activation_fn": null}               | SIGMOID
            """)
    void theActivationOfScores(String config, String sentences, ScoreActivation activation) throws IOException {
        Files.writeString(folder.resolve("config.json"), config);
        if (sentences != null) {
            Files.writeString(folder.resolve("config_sentence_transformers.json"), sentences);
        }

        assertThat(ModelFolder.open(folder).scoreActivation()).isEqualTo(activation);
    }

    @Test
    void otherActivationsAreRefusedByName() throws IOException {
        Files.writeString(folder.resolve("config.json"),
                "{\"sentence_transformers\": {\"activation_fn\": \"torch.nn.modules.activation.Tanh\"}}");

        assertThatThrownBy(() -> ModelFolder.open(folder).scoreActivation())
                .isInstanceOf(ModelLoadException.class)
                .hasMessageEndingWith(
                        "config.json: activation_fn is torch.nn.modules.activation.Tanh; only Identity and Sigmoid can be served");
    }

    @Test
    void moreLayersThanTheConfigurationSaysAreTold() throws IOException {
        ModelFolder whole = ModelFolder.open(folder);
        try (Checkpoint checkpoint = whole.checkpoint()) {
            assertThat(whole.warnings(checkpoint)).isEmpty();
            Path config = folder.resolve("config.json");
            Files.writeString(config, Files.readString(config).replace("\"num_hidden_layers\": 3", "\"num_hidden_layers\": 2"));
            assertThat(ModelFolder.open(folder).warnings(checkpoint)).containsExactly(
                    config + " says num_hidden_layers 2, but the weights have 3 layers; the last 1 are left out");
        }
    }
}
