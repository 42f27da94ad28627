package ai.tutti.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.tutti.api.ChatMessage;
import ai.tutti.client.ApiStatusException;
import ai.tutti.client.ChatCompletionCreateParams;
import ai.tutti.client.ChatCompletionStream;
import ai.tutti.client.EmbeddingCreateParams;
import ai.tutti.client.Tutti;
import ai.tutti.client.TuttiException;
import ai.tutti.search.Answer;
import ai.tutti.search.Document;
import ai.tutti.search.Filter;
import ai.tutti.search.Indexer;
import ai.tutti.search.LuceneStore;
import ai.tutti.search.RagPipeline;
import ai.tutti.search.Retrieval;
import ai.tutti.search.ServerChatModel;
import ai.tutti.search.ServerEmbedder;
import ai.tutti.search.ServerReranker;
import ai.tutti.search.VectorSpace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.MethodOrderer.OrderAnnotation;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Retrieve, rerank and answer with one base URL, where somebody else's server answers; it is killed at the end. */
@TestMethodOrder(OrderAnnotation.class)
@Order(1) // what it installs takes longest
final class RagTest {
    @TestFactory
    @Order(1)
    Stream<DynamicNode> chat() {
        return SdkTest.scriptsIn("chat");
    }

    @ParameterizedTest(name = "with {0}")
    @EnumSource(names = "NEIGHBOURS", mode = EnumSource.Mode.EXCLUDE)
    @Order(1)
    void theExampleAnswersFromWhatItFound(Sdk sdk) {
        String file =
                switch (sdk) {
                    case NODE -> "rag.mjs";
                    case JAVA -> "Rag.java";
                    default -> "rag.py";
                };
        var script = new Script(Folders.EXAMPLES.resolve(file), List.of(sdk), Server.CHATTING);
        List<String> printed = script.run(sdk, Map.of()).lines().toList();
        assertThat(printed).first().isEqualTo("Which animals live in the mountains of Peru?");
        assertThat(printed).anyMatch(line -> line.contains("[1] ") && line.matches(".*(condor|guanaco|llama).*"));
        assertThat(printed).last().asString().as("what the model says").contains("ABCDEFGHIJKLMNOPQRSTUVWXYZ");
    }

    @Test
    @Order(1)
    void thePipelineAnswersWithItsSources(@TempDir Path folder) throws InterruptedException {
        ServerEmbedder embedder = ServerEmbedder.connect(client(), Server.MODEL);
        try (LuceneStore store = LuceneStore.open(folder, new VectorSpace(Server.MODEL, embedder.dimensions()))) {
            new Indexer(embedder, store).index(List.of(
                    new Document("green", "Photosynthesis turns sunlight, water and carbon dioxide into sugar and oxygen."),
                    new Document("rail", "The train stops at every station. It does so at every hour."),
                    new Document("cell", "The mitochondrion makes ATP by respiration.")));
            RagPipeline rag = RagPipeline.builder(embedder, store)
                    .retrieval(Retrieval.HYBRID)
                    .reranker(new ServerReranker(client(), Server.MODEL))
                    .chat(new ServerChatModel(client(), Server.CHAT_MODEL))
                    .topN(2)
                    .build();
            List<String> pieces = new ArrayList<>();

            Answer answer = rag.ask("How does photosynthesis work?", Filter.everything(), new RagPipeline.Listener() {
                @Override
                public void wrote(String piece) {
                    pieces.add(piece);
                }
            });

            assertThat(answer.retrieved()).hasSize(3);
            assertThat(answer.sources()).hasSize(2).first().satisfies(best -> assertThat(best.passage().documentId()).isEqualTo("green"));
            assertThat(answer.text()).contains("ABCDEFGHIJKLMNOPQRSTUVWXYZ");
            assertThat(pieces).hasSizeGreaterThan(3).satisfies(all -> assertThat(String.join("", all)).isEqualTo(answer.text()));
        }
    }

    @Test
    @Order(1)
    void theCommandAnswersFromAFolder(@TempDir Path folder) throws IOException {
        Files.writeString(folder.resolve("green.md"), "Photosynthesis turns sunlight, water and carbon dioxide into sugar and oxygen.");
        Files.writeString(folder.resolve("rail.txt"), "The train stops at every station. It does so at every hour.");
        Path index = folder.resolve("index");

        JsonNode indexed = tutti("index", folder.toString(), "--index", index.toString());
        assertThat(indexed.path("added").asInt()).as(indexed.toString()).isEqualTo(2);

        JsonNode found = tutti("search", "Where do trains stop?", "--index", index.toString());
        assertThat(found.at("/hits/0/path").asString()).endsWith("rail.txt");

        JsonNode answer = tutti(
                "ask", "How does photosynthesis work?", "--index", index.toString(), "--top-n", "1",
                "--chat-url", Server.CHATTING.root() + "/v1", "--chat-model", Server.CHAT_MODEL);
        assertThat(answer.path("answer").asString()).contains("ABCDEFGHIJKLMNOPQRSTUVWXYZ");
        assertThat(answer.path("sources")).hasSize(1);
        assertThat(answer.at("/sources/0/path").asString()).endsWith("green.md");
    }

    /** What the command prints where a program reads it. */
    private static JsonNode tutti(String... arguments) {
        var line = new ArrayList<>(List.of(Folders.DISTRIBUTION.resolve("bin/tutti").toString()));
        line.addAll(List.of(arguments));
        line.addAll(List.of("--server", Server.CHATTING.root() + "/v1"));
        var variables = Map.of("JAVA_HOME", System.getProperty("java.home"), "TOGETHER_API_KEY", Server.KEY);
        String printed = new Command(line, Folders.TARGET, variables, Duration.ofMinutes(2)).run();
        return JsonMapper.shared().readTree(printed.substring(printed.indexOf('{')));
    }

    @Test
    @Order(2)
    void whatTheUpstreamFailsAtIsSaidToBeItsFault() {
        ChatCompletionCreateParams unknown = ChatCompletionCreateParams.of("nobody/nothing", "Why?");
        assertThatThrownBy(() -> client().chat().completions().create(unknown))
                .isInstanceOfSatisfying(ApiStatusException.class, fault -> {
                    assertThat(fault.status()).isEqualTo(502);
                    assertThat(fault).hasMessage("the chat upstream %s answered 500".formatted(where()));
                });
    }

    @Test
    @Order(3)
    void anUpstreamThatIsKilledInTheMiddleBreaksTheStreamAndIsMissedByChatAlone() {
        ChatCompletionCreateParams ask = ChatCompletionCreateParams.builder()
                .model(Server.ENDLESS)
                .message(ChatMessage.user("Why?"))
                .maxTokens(10_000)
                .build();
        try (ChatCompletionStream stream = client().chat().completions().createStreaming(ask)) {
            assertThat(stream.next().model()).isEqualTo(Server.ENDLESS);
            ChatUpstream.service().kill();
            assertThatThrownBy(() -> stream.forEachRemaining(chunk -> {}))
                    .isInstanceOf(TuttiException.class)
                    .hasMessageContaining("the chat upstream %s broke off its answer".formatted(where()));
        }
        assertThatThrownBy(() -> client().chat().completions().create(ask))
                .isInstanceOf(ApiStatusException.class)
                .hasMessage("the chat upstream %s refuses the connection".formatted(where()));
        assertThat(client().embeddings().create(EmbeddingCreateParams.of(Server.MODEL, "on")).data()).hasSize(1);
    }

    private static Tutti client() {
        return Tutti.builder().baseUrl(Server.CHATTING.root() + "/v1").apiKey(Server.KEY).maxRetries(0).build();
    }

    private static String where() {
        return ChatUpstream.service().address().replace("http://", "");
    }
}
