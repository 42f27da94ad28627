package ai.tutti.server;

import static org.assertj.core.api.Assertions.assertThat;

import ai.tutti.hub.ModelSpec;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

final class ModelsTest {
    private final TestServer server = TestServer.shared();

    @ParameterizedTest
    @CsvSource({
        "Together/v1 PythonBindings/1.5.34,true",
        "Together/Python 2.42.0,true",
        "AsyncTogether/Python 3.1.1,true",
        "Together/JS 0.52.0,true",
        "curl/8.5.0,true",
        "MyClient/Python 3.1.1,true",
        "OpenAI/Python 3.22.1,false",
        "AsyncOpenAI/Python 3.22.1,false",
        "OpenAI/JS 6.9.0,false",
        "AzureOpenAI/Python 3.22.1,false",
        "MyOpenAIWithRetries/Python 3.22.1,false",
    })
    void theListHasTheShapeThatTheClientCanRead(String userAgent, boolean array) {
        JsonNode json = TestServer.json(server.get("/v1/models", "user-agent", userAgent));
        assertThat(json.isArray()).isEqualTo(array);
        if (!array) {
            assertThat(json.path("object").asString()).isEqualTo("list");
        }
        assertThat(array ? json : json.path("data")).hasSize(2);
    }

    @Test
    void aHeaderOfOpenAisMakesItOpenAis() {
        assertThat(TestServer.json(server.get("/v1/models", "user-agent", "MyClient/Python 3.22.1", "openai-project", "p")).isObject())
                .isTrue();
    }

    @Test
    void everyFieldThatAnSdkInsistsOnIsThere() {
        JsonNode list = TestServer.json(server.get("/v1/models"));
        assertThat(list).allSatisfy(model -> {
            assertThat(model.path("object").asString()).isEqualTo("model");
            assertThat(model.path("type").asString()).isEqualTo("embedding");
            assertThat(model.path("created").isIntegralNumber()).isTrue();
            assertThat(model.path("context_length").asInt()).isEqualTo(512);
            assertThat(model.path("dimensions").asInt()).isEqualTo(384);
            assertThat(model.path("precision").asString()).matches("f32|bf16");
            assertThat(model.path("served_by").asString()).isEqualTo(TestServer.MODEL);
            assertThat(model.path("relevance_score").asString()).contains("cosine");
            for (String field : new String[] {"id", "display_name", "organization", "owned_by", "link", "license"}) {
                assertThat(model.path(field).isString()).as(field).isTrue();
            }
            for (String field : new String[] {"hourly", "input", "output", "base", "finetune", "cached_input"}) {
                assertThat(model.path("pricing").path(field).isNumber()).as(field).isTrue();
            }
        });
        assertThat(list).extracting(model -> model.path("id").asString()).containsExactly(TestServer.MODEL, TestServer.ALIAS);
    }

    @Test
    void aFolderThatDoesNotSayHowItPoolsIsListedWithThat(@TempDir Path copy) throws IOException {
        Path folder = Path.of("../engine/src/test/resources/fixtures/folders/bge");
        for (String file : List.of("config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json")) {
            Files.copy(folder.resolve(file), copy.resolve(file));
        }
        List<ModelSpec> models = List.of(new ModelSpec("bare", copy), new ModelSpec("whole", folder));
        try (TestServer bare = TestServer.start(
                settings -> TinyModel.serving(settings, models, Map.of(), settings.shelf()))) {
            assertThat(TestServer.json(bare.get("/v1/models/bare")).path("note").stringValue())
                    .isEqualTo("its folder has no modules.json; mean pooling, not normalised, is assumed");
            assertThat(TestServer.json(bare.get("/v1/models/whole")).has("note")).isFalse();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/v1/models/BAAI%2Fbge-small-en-v1.5", "/v1/models/BAAI/bge-small-en-v1.5", "/models/BAAI%2Fbge-small-en-v1.5",
                "/v1/v1/models/BAAI%2fbge-small-en-v1.5", "/v1/models/baai%2Fbge-small-en-v1.5",
            })
    void oneModelIsFoundByItsNameHoweverTheSlashIsWritten(String path) {
        HttpResponse<byte[]> reply = server.get(path);
        assertThat(reply.statusCode()).isEqualTo(200);
        assertThat(TestServer.json(reply).path("served_by").asString()).isEqualTo(TestServer.MODEL);
    }

    @Test
    void anAliasSaysWhoServesIt() {
        JsonNode model = TestServer.json(server.get("/v1/models/Salesforce%2FLlama-Rank-V1"));
        assertThat(model.path("id").asString()).isEqualTo(TestServer.ALIAS);
        assertThat(model.path("served_by").asString()).isEqualTo(TestServer.MODEL);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/v1/models/nobody%2Fnothing", "/v1/models/%ff", "/v2/supported-models/nobody", "/v1/models/a+b"})
    void anUnknownModelIsA404ThatSaysWhatIsServed(String path) {
        HttpResponse<byte[]> reply = server.get(path);
        assertThat(reply.statusCode()).isEqualTo(404);
        assertThat(TestServer.error(reply).code()).isEqualTo("model_not_found");
        assertThat(TestServer.error(reply).message()).contains(TestServer.MODEL, TestServer.ALIAS);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/v2/supported-models", "/v1/v2/supported-models"})
    void togethersThirdSdkFindsItsList(String path) {
        JsonNode page = TestServer.json(server.get(path));
        assertThat(page.path("next_cursor").isNull()).isTrue();
        assertThat(page.path("data")).hasSize(2).allSatisfy(model -> {
            for (String field : new String[] {
                "id", "name", "displayName", "displayType", "publisher", "status", "baseModel", "baseModelId", "createdAt",
                "updatedAt", "contextLength"
            }) {
                assertThat(model.path(field).isString()).as(field).isTrue();
            }
            for (String field :
                    new String[] {"capabilities", "inputModalities", "outputModalities", "products", "deploymentProfiles"}) {
                assertThat(model.path(field).isArray()).as(field).isTrue();
            }
        });
    }

    @Test
    void theThirdSdksListComesInPages() {
        JsonNode first = TestServer.json(server.get("/v2/supported-models?limit=1"));
        assertThat(first.path("data")).hasSize(1);
        String cursor = first.path("next_cursor").asString();
        JsonNode second = TestServer.json(server.get("/v2/supported-models?limit=1&after=" + cursor));
        assertThat(second.at("/data/0/id").asString()).isEqualTo(TestServer.ALIAS);
        assertThat(second.path("next_cursor").isNull()).isTrue();
        assertThat(server.get("/v2/supported-models?limit=0").statusCode()).isEqualTo(400);
        assertThat(server.get("/v2/supported-models?limit=x").statusCode()).isEqualTo(400);
        assertThat(server.get("/v2/supported-models?after=x").statusCode()).isEqualTo(400);
    }

    @Test
    void oneOfThemIsFoundByItsName() {
        JsonNode model = TestServer.json(server.get("/v2/supported-models/BAAI%2Fbge-small-en-v1.5"));
        assertThat(model.path("displayType").asString()).isEqualTo("embedding");
    }
}
