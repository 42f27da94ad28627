package ai.tutti.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.tutti.api.ChatMessage;
import ai.tutti.api.EncodingFormat;
import ai.tutti.client.BadRequestException;
import ai.tutti.client.ChatCompletionCreateParams;
import ai.tutti.client.EmbeddingCreateParams;
import ai.tutti.client.RerankCreateParams;
import ai.tutti.client.Tutti;
import ai.tutti.client.UnexpectedReplyException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What the Java SDK sends is what Together's own description of its API asks for. */
final class SteadyTest {
    private static final String FAULT = "✗";

    @Test
    void requestsAreAsTogetherDescribesThem() {
        try (Steady steady = Steady.start()) {
            Tutti client = Tutti.builder().baseUrl(steady.root()).apiKey("My API Key").maxRetries(0).build();
            Tutti asForTogether = client.toBuilder().vectorEncoding(EncodingFormat.FLOAT).build();
            EmbeddingCreateParams embeddings = EmbeddingCreateParams.of("BAAI/bge-large-en-v1.5", "one", "vicuña 🦙");
            RerankCreateParams.Builder rerank = RerankCreateParams.builder()
                    .model("Salesforce/Llama-Rank-v1")
                    .query("Which animal?")
                    .document(Map.of("title", "Llama", "text", "An animal."))
                    .document(Map.of("title", "Stone", "text", List.of("No", "animal.")));
            ChatCompletionCreateParams chat = ChatCompletionCreateParams.builder()
                    .model("meta-llama/Meta-Llama-3.1-8B-Instruct-Turbo")
                    .messages(List.of(
                            ChatMessage.system("Be short."),
                            ChatMessage.user("Why?"),
                            ChatMessage.assistant("What?"),
                            ChatMessage.user("That.")))
                    .maxTokens(9)
                    .temperature(0.5)
                    .topP(0.9)
                    .topK(40)
                    .stop("\n")
                    .seed(7)
                    .build();

            send(() -> asForTogether.embeddings().create(embeddings));
            send(() -> client.embeddings().create(embeddings));
            send(() -> client.rerank().create(RerankCreateParams.of("Salesforce/Llama-Rank-v1", "q", List.of("a", "b"))));
            send(() -> client.rerank().create(rerank.topN(1).returnDocuments(true).rankFields("title").build()));
            send(() -> client.models().list());
            send(() -> client.chat().completions().create(chat));
            send(() -> client.chat().completions().createStreaming(chat).close());
            RerankCreateParams wrong = rerank.extra("top_n", "one").build();
            assertThatThrownBy(() -> client.rerank().create(wrong)).isInstanceOf(BadRequestException.class);

            List<String> log = steady.linesUntil(FAULT);
            assertThat(log).filteredOn(line -> line.contains(" → ")).hasSize(8);
            assertThat(log.getLast()).contains("top_n");
            assertThat(log.get(log.size() - 2)).contains("POST /rerank");
        }
    }

    /** Its replies are random and need not make sense. */
    private static void send(Runnable request) {
        try {
            request.run();
        } catch (UnexpectedReplyException e) {
            assertThat(e).as("a reply of Steady's").hasMessageNotContaining("html");
        }
    }
}
