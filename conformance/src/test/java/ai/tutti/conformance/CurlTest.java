package ai.tutti.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The guide's curl commands, with the base URL in a variable. */
final class CurlTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @Test
    void embedOneText() {
        JsonNode reply = run("embed_one_text");
        assertThat(reply.at("/object").asString()).isEqualTo("list");
        assertThat(reply.at("/model").asString()).isEqualTo("BAAI/bge-large-en-v1.5");
        assertThat(reply.at("/data")).hasSize(1);
        assertThat(reply.at("/data/0/embedding")).hasSize(384);
    }

    @Test
    void embedManyTexts() {
        JsonNode reply = run("embed_many_texts");
        assertThat(reply.at("/data")).hasSize(2);
        assertThat(reply.at("/data/0/index").asInt()).isEqualTo(0);
        assertThat(reply.at("/data/1/index").asInt()).isEqualTo(1);
        assertThat(reply.at("/data/1/embedding")).hasSize(384);
    }

    @Test
    void rerankTexts() {
        JsonNode reply = run("rerank_texts");
        assertThat(reply.at("/object").asString()).isEqualTo("rerank");
        assertThat(reply.at("/results")).hasSize(2);
        assertThat(reply.at("/results/0/index").asInt()).as("the llama comes first").isEqualTo(1);
        assertThat(reply.at("/results")).allSatisfy(result -> {
            assertThat(result.at("/document").isObject()).isTrue();
            assertThat(result.at("/document")).isEmpty();
        });
        assertThat(reply.at("/usage/completion_tokens").asInt()).isZero();
    }

    @Test
    void rerankObjectsByFields() {
        JsonNode reply = run("rerank_objects_by_fields");
        assertThat(reply.at("/results/0/index").asInt()).isZero();
        assertThat(reply.at("/results/0/document/text").asString())
                .startsWith("{\"from\":\"Paul Doe <paul_fake_doe@oracle.com>\",\"to\":[\"Steve <steve@me.com>\",");
    }

    @Test
    void listModels() {
        JsonNode reply = run("list_models");
        assertThat(reply.isArray()).isTrue();
        assertThat(reply).anySatisfy(model -> assertThat(model.at("/id").asString()).isEqualTo(Server.MODEL));
    }

    private static JsonNode run(String name) {
        return json(". '%s'".formatted(Folders.SCRIPTS.resolve("curl").resolve(name + ".sh")));
    }

    /** What a shell command prints that calls curl once. */
    static JsonNode json(String shellCommand) {
        Map<String, String> environment = Map.of(
                "TOGETHER_BASE_URL", Server.OPEN.root() + "/v1",
                "TOGETHER_API_KEY", Server.KEY);
        // Without curl's progress meter, which would be mixed with the reply.
        String silent = "curl() { command curl --silent --show-error --fail-with-body \"$@\"; }; eval \"$0\"";
        var command = new Command(List.of("sh", "-c", silent, shellCommand), Folders.MODULE, environment, PATIENCE);
        return JsonMapper.shared().readTree(command.run());
    }
}
