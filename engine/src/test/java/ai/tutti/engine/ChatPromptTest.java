package ai.tutti.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.tutti.engine.checkpoint.ModelFolder;
import ai.tutti.engine.checkpoint.ModelLoadException;
import ai.tutti.engine.tensor.Precision;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Folders as sentence-transformers saves its generative rerankers; the numbers are those that its version 6.2 gives for them. */
final class ChatPromptTest {
    private static final Engine ENGINE = Engine.create(new Engine.Settings(1, 1_000_000));
    private static final RerankOptions RAW = RerankOptions.DEFAULT.withRawScores(true);

    private static final String JUDGE = """
            {%- set instruction = messages | selectattr("role", "eq", "system") | map(attribute="content") | first | default("Given a web search query, retrieve relevant passages that answer the query") -%}
            {%- set query_text = messages | selectattr("role", "eq", "query") | map(attribute="content") | first -%}
            {%- set document_text = messages | selectattr("role", "eq", "document") | map(attribute="content") | first -%}
            <|im_start|>system
            Judge whether the Document meets the requirements based on the Query and the Instruct provided. Note that the answer can only be "yes" or "no".<|im_end|>
            <|im_start|>user
            <Instruct>: {{ instruction }}
            <Query>: {{ query_text }}
            <Document>: {{ document_text }}<|im_end|>
            <|im_start|>assistant
            <think>

            </think>

            """;

    private static final String ROLES = """
            {% for message in messages %}
            {% if message.role == "query" %}
            <|im_start|>system
            {{ message["content"] }}<|im_end|>
            {% elif message['role'] == 'document' %}
            <|im_start|>user
            {{ message.content }}<|im_end|>
            {% endif %}
            {% endfor %}
            <|im_start|>assistant
            """;

    @TempDir
    Path folder;

    @AfterAll
    static void close() {
        ENGINE.close();
    }

    @BeforeEach
    void copy() throws IOException {
        Fixtures.copy("qwen3-reranker", folder);
        write("modules.json", """
                [{"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.base.modules.transformer.Transformer"},
                 {"idx": 1, "name": "1", "path": "1_LogitScore",
                  "type": "sentence_transformers.cross_encoder.modules.logit_score.LogitScore"}]""");
        Files.createDirectory(folder.resolve("1_LogitScore"));
        write("1_LogitScore/config.json", "{\"true_token_id\": 699, \"false_token_id\": 696}");
    }

    @Test
    void aTemplateThatSetsItsFieldsFirst() throws IOException, InterruptedException {
        write("chat_template.jinja", JUDGE);
        try (var model = load()) {
            assertThat(score(model, "how do solar panels work", "Solar panels turn sunlight into electricity."))
                    .isCloseTo(0.0051080287f, within(5e-5f));
            assertThat(score(model, "bread", "  a river\n")).isCloseTo(2.3708885f, within(5e-5f));
            assertThat(score(model, "最好的面条", "")).isCloseTo(2.3513196f, within(5e-5f));
            assertThat(score(model, "how do solar panels work", "river town bread ".repeat(200)))
                    .isCloseTo(0.65729296f, within(5e-5f));
            var scores = model.score("最好的面条", List.of(""), RAW.withInstruction("Find bread."));
            assertThat(scores.scores()[0]).isCloseTo(1.0050167f, within(5e-5f));
            assertThat(model.score("最好的面条", List.of(""), RerankOptions.DEFAULT).scores()[0])
                    .isCloseTo(0.9130390f, within(2e-5f));
        }
    }

    @Test
    void aTemplateThatGoesThroughTheRoles() throws IOException, InterruptedException {
        write("chat_template.jinja", ROLES);
        try (var model = load()) {
            assertThat(score(model, "how do solar panels work", "Solar panels turn sunlight into electricity."))
                    .isCloseTo(-1.2170215f, within(5e-5f));
            assertThat(score(model, "bread", "  a river\n")).isCloseTo(-5.5831194f, within(5e-5f));
            assertThat(score(model, "最好的面条", "")).isCloseTo(-1.2605095f, within(5e-5f));
            assertThat(score(model, "how do solar panels work", "river town bread ".repeat(200)))
                    .isCloseTo(-2.1027372f, within(5e-5f));
        }
    }

    @Test
    void theFoldersOwnDefaultPromptIsTheInstruction() throws IOException, InterruptedException {
        write("chat_template.jinja", JUDGE);
        write("config_sentence_transformers.json", """
                {"prompts": {"bread": "Find bread."}, "default_prompt_name": "bread",
                 "activation_fn": "torch.nn.modules.linear.Identity"}""");
        try (var model = load()) {
            assertThat(model.score("最好的面条", List.of(""), RerankOptions.DEFAULT).scores()[0])
                    .isCloseTo(1.0050167f, within(5e-5f));
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '~', textBlock = """
            {{ messages[0].content | trim }}{{ messages[1].content }}<|im_end|>                                    ~ the filter trim is not known here
            {{ messages[0].content }}{{ messages[1].content }} end                                                 ~ no special token stands right behind the document
            {{ messages[1].content }}{{ messages[0].content }}<|im_end|>                                           ~ it does not put the query and then the document
            {{ bos_token }}{{ messages[0].content }}{{ messages[1].content }}<|im_end|>                            ~ it uses bos_token, which is not known here
            {% if messages[0].content %}a{% endif %}{{ messages[0].content }}{{ messages[1].content }}<|im_end|>   ~ it looks into the {query}, or changes it
            {% macro x() %}                                                                                        ~ macro x() %} is not known here
            {% for m in messages %}                                                                                ~ {% endfor %} is missing
            {{ messages[0                                                                                          ~ a tag is not closed
            """)
    void whatCannotBeServedIsRefused(String template, String why) throws IOException {
        write("chat_template.jinja", template);
        assertThatThrownBy(() -> load().close())
                .isInstanceOf(ModelLoadException.class)
                .hasMessageContaining("its chat template cannot be served")
                .hasMessageContaining(why)
                .hasMessageContaining("set template:")
                .satisfies(e -> assertThat(e.getMessage()).hasLineCount(1));
    }

    @Test
    void aFolderWithoutATemplateIsRefused() {
        assertThatThrownBy(() -> load().close())
                .isInstanceOf(ModelLoadException.class)
                .hasMessageContaining("LogitScore module and no chat template");
    }

    private void write(String file, String text) throws IOException {
        Files.writeString(folder.resolve(file), text);
    }

    private static float score(RerankModel model, String query, String document) throws InterruptedException {
        return model.score(query, List.of(document), RAW).scores()[0];
    }

    private RerankModel load() {
        return RerankModel.load(
                ENGINE, ModelFolder.open(folder), new ModelOptions("tiny", Precision.F32, null, null, Map.of()));
    }
}
