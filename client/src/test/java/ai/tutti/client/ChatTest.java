package ai.tutti.client;

import static ai.tutti.client.ScriptedServer.chunked;
import static ai.tutti.client.ScriptedServer.json;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import ai.tutti.api.ChatCompletionChunk;
import ai.tutti.api.ChatCompletionReply;
import ai.tutti.api.ChatMessage;
import ai.tutti.api.ChatUsage;
import ai.tutti.client.ScriptedServer.Line;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Conversations. */
@Timeout(60)
class ChatTest {
    private static final ChatCompletionCreateParams PARAMS = ChatCompletionCreateParams.of("m", "Why?");
    private static final String EVENTS = "text/event-stream";

    private static String event(String text) {
        return "data: {\"id\":\"i\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\":"
                + "[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"%s\"}".formatted(text)
                + ",\"finish_reason\":null,\"logprobs\":0}],\"usage\":null}\n\n";
    }

    private static final String LAST =
            "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\"},\"finish_reason\":\"stop\"}]}\n\n";

    /** Sends bytes as a stream of chunks of that size. */
    private static Line events(String text, int size) {
        return (request, connection) -> {
            connection.send(chunked(200, EVENTS + "; charset=utf-8"));
            byte[] bytes = text.getBytes(UTF_8);
            for (int at = 0; at < bytes.length; at += size) {
                connection.chunk(Arrays.copyOfRange(bytes, at, Math.min(bytes.length, at + size)));
            }
            connection.send("0\r\n\r\n");
        };
    }

    private static String read(Line line) {
        try (ScriptedServer server = ScriptedServer.with(line);
                ChatCompletionStream pieces =
                        server.client().maxRetries(0).build().chat().completions().createStreaming(PARAMS)) {
            return pieces.stream()
                    .flatMap(piece -> piece.choices().stream())
                    .map(choice -> choice.delta().content())
                    .collect(Collectors.joining());
        }
    }

    @Test
    void aWholeAnswer() throws Exception {
        String body =
                """
                {"id":"8f2cb236c80ea20e-YYZ","object":"chat.completion","created":1734331375,"model":"m","prompt":[],
                 "choices":[{"index":0,"seed":null,"logprobs":null,"finish_reason":"stop",
                   "message":{"role":"assistant","content":"Because.","tool_calls":[]}}],
                 "usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}}
                """;
        try (ScriptedServer server = ScriptedServer.with(json(200, body))) {
            ChatCompletionReply reply = server.client()
                    .build()
                    .chat()
                    .completions()
                    .create(ChatCompletionCreateParams.builder()
                            .model("m")
                            .message(ChatMessage.system("Be short."))
                            .message(ChatMessage.user("Why?"))
                            .messages(List.of(ChatMessage.assistant("What?"), ChatMessage.user("That.")))
                            .maxTokens(9)
                            .temperature(0.5)
                            .topP(0.9)
                            .topK(40)
                            .stop("\n")
                            .seed(7)
                            .extra("min_p", 0.1)
                            .build());

            assertThat(reply.choices().getFirst().message()).isEqualTo(ChatMessage.assistant("Because."));
            assertThat(reply.choices().getFirst().finishReason()).isEqualTo("stop");
            assertThat(reply.usage()).isEqualTo(new ChatUsage(1, 2, 3));
            ScriptedServer.Request request = server.take();
            assertThat(request.path()).isEqualTo("/v1/chat/completions");
            assertThat(request.body())
                    .isEqualTo("{\"model\":\"m\",\"messages\":[{\"role\":\"system\",\"content\":\"Be short.\"},"
                            + "{\"role\":\"user\",\"content\":\"Why?\"},{\"role\":\"assistant\",\"content\":\"What?\"},"
                            + "{\"role\":\"user\",\"content\":\"That.\"}],\"max_tokens\":9,\"temperature\":0.5,\"top_p\":0.9,"
                            + "\"top_k\":40,\"stop\":[\"\\n\"],\"seed\":7,\"min_p\":0.1}");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 7, 100_000})
    void aStreamHoweverItIsCut(int size) {
        String text = "\uFEFF: hello\n\n" + event("vicuña ") + ": ping\n\n" + event("🦙 ")
                + event("南美洲").replace("\n", "\r\n") + event(".").replace("\n", "\r") + LAST
                + "data: [DONE]\n\n" + event("not this");
        assertThat(read(events(text, size))).isEqualTo("vicuña 🦙 南美洲.");
    }

    @Test
    void anEventInSeveralLinesAndWithOtherFields() {
        String text =
                """
                id: 7
                event: x
                retry: 5
                data:{"choices":
                data: [{"index":0,"delta":{"content":"joined"},
                data
                data:"finish_reason":null}]}

                """;
        assertThat(read(events(text + "data: [DONE]", 100))).isEqualTo("joined");
    }

    @Test
    void piecesComeAsSoonAsTheyAreThere() throws Exception {
        CountDownLatch seen = new CountDownLatch(1);
        Line line = (request, connection) -> {
            connection.send(chunked(200, EVENTS));
            connection.chunk(event("one"));
            seen.await();
            connection.chunk(event("two") + "data: [DONE]\n\n");
            connection.send("0\r\n\r\n");
        };
        try (ScriptedServer server = ScriptedServer.with(line);
                ChatCompletionStream pieces = server.client().build().chat().completions().createStreaming(PARAMS)) {
            ChatCompletionChunk first = pieces.next();
            assertThat(first.choices().getFirst().delta()).isEqualTo(new ChatCompletionChunk.Delta("assistant", "one"));
            seen.countDown();
            assertThat(pieces.next().choices().getFirst().delta().content()).isEqualTo("two");
            assertThat(pieces.hasNext()).isFalse();
            assertThatThrownBy(pieces::next).isInstanceOf(NoSuchElementException.class);
            assertThat(server.take().headers()).containsEntry("accept", "text/event-stream");
            assertThat(server.requests().getFirst().json().path("stream").asBoolean()).isTrue();
        }
    }

    @Test
    void anErrorInTheMidstOfIt() {
        String error = "data: {\"error\":{\"message\":\"overloaded\",\"type\":\"server_error\",\"code\":\"c\"}}\n\n";
        Line line = events(event("one") + error + event("no"), 50);
        try (ScriptedServer server = ScriptedServer.with(line);
                ChatCompletionStream pieces = server.client().build().chat().completions().createStreaming(PARAMS)) {
            pieces.next();
            assertThatThrownBy(pieces::hasNext)
                    .isInstanceOfSatisfying(ApiStatusException.class, fault -> {
                        assertThat(fault).hasMessage("overloaded");
                        assertThat(fault.code()).isEqualTo("c");
                        assertThat(fault.status()).isEqualTo(200);
                    });
            assertThat(pieces.hasNext()).isFalse();
        }
    }

    @Test
    void aStreamThatBreaksOff() {
        Line line = (request, connection) -> {
            connection.send(chunked(200, EVENTS));
            connection.chunk(event("one"));
            connection.close();
        };
        assertThatThrownBy(() -> read(line))
                .isInstanceOf(ApiConnectionException.class)
                .hasMessageStartingWith("the stream broke off");
    }

    @Test
    void aStreamThatEndsBeforeTheAnswerDoes() {
        assertThatThrownBy(() -> read(events(event("one"), 50)))
                .isInstanceOf(ApiConnectionException.class)
                .hasMessage("the stream ended before the answer did");
    }

    @Test
    void aStreamWithoutTheLastWordOfWhichTheAnswerIsWhole() {
        assertThat(read(events(event("one") + LAST, 50))).isEqualTo("one");
    }

    @Test
    void aStreamThatStalls() throws Exception {
        CountDownLatch hungUp = new CountDownLatch(1);
        try (ScriptedServer server = ScriptedServer.with(oneAndWait(hungUp));
                ChatCompletionStream pieces = server.client()
                        .stallTimeout(Duration.ofMillis(300))
                        .build()
                        .chat()
                        .completions()
                        .createStreaming(PARAMS)) {
            pieces.next();
            assertThatThrownBy(pieces::hasNext)
                    .isInstanceOf(ApiTimeoutException.class)
                    .hasMessage("the stream stalled: no byte came for 0.3 s");
            assertThat(hungUp.await(20, TimeUnit.SECONDS)).isTrue();
        }
    }

    private static Line oneAndWait(CountDownLatch hungUp) {
        return (request, connection) -> {
            connection.send(chunked(200, EVENTS));
            connection.chunk(event("one"));
            connection.awaitHangUp();
            hungUp.countDown();
        };
    }

    @Test
    void closingEndsTheAnswer() throws Exception {
        CountDownLatch hungUp = new CountDownLatch(1);
        try (ScriptedServer server = ScriptedServer.with(oneAndWait(hungUp))) {
            ChatCompletionStream pieces = server.client().build().chat().completions().createStreaming(PARAMS);
            pieces.next();
            pieces.close();
            assertThat(hungUp.await(20, TimeUnit.SECONDS)).isTrue();
            assertThat(pieces.hasNext()).isFalse();
        }
    }

    @Test
    void anInterruptEndsTheAnswer() throws Exception {
        CountDownLatch hungUp = new CountDownLatch(1);
        CountDownLatch first = new CountDownLatch(1);
        try (ScriptedServer server = ScriptedServer.with(oneAndWait(hungUp))) {
            AtomicReference<Throwable> fault = new AtomicReference<>();
            Thread reader = Thread.ofPlatform().start(() -> {
                try (ChatCompletionStream pieces = server.client().build().chat().completions().createStreaming(PARAMS)) {
                    pieces.next();
                    first.countDown();
                    fault.set(catchThrowable(pieces::hasNext));
                }
            });
            assertThat(first.await(20, TimeUnit.SECONDS)).isTrue();
            reader.interrupt();
            assertThat(hungUp.await(20, TimeUnit.SECONDS)).isTrue();
            reader.join();
            assertThat(fault.get()).isInstanceOf(ApiInterruptedException.class);
        }
    }

    @Test
    void cancellingBeforeItBegins() throws Exception {
        CountDownLatch hungUp = new CountDownLatch(1);
        Line line = (request, connection) -> {
            connection.awaitHangUp();
            hungUp.countDown();
        };
        try (ScriptedServer server = ScriptedServer.with(line)) {
            CompletableFuture<ChatCompletionStream> pieces =
                    server.client().build().chat().completions().createStreamingAsync(PARAMS);
            server.take();
            pieces.cancel(true);
            assertThat(hungUp.await(20, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void aBusyServiceIsAskedAgain() {
        try (ScriptedServer server = ScriptedServer.with(
                        json(429, "{}", "retry-after-ms: 1"), events(event("one") + "data: [DONE]\n\n", 99));
                ChatCompletionStream pieces = server.client().build().chat().completions().createStreaming(PARAMS)) {
            assertThat(pieces.stream()).hasSize(1);
            assertThat(server.requests()).hasSize(2);
        }
    }

    @Test
    void anErrorBeforeItBegins() {
        String error = "{\"error\":{\"message\":\"no such model\",\"type\":\"t\"}}";
        try (ScriptedServer server = ScriptedServer.with(json(400, error))) {
            ChatCompletions completions = server.client().build().chat().completions();
            assertThatThrownBy(() -> completions.createStreaming(PARAMS))
                    .isInstanceOf(BadRequestException.class)
                    .hasMessage("no such model");
        }
    }

    @Test
    void aServiceThatDoesNotStream() {
        try (ScriptedServer server = ScriptedServer.with(json(200, "{\"choices\":[]}"))) {
            ChatCompletions completions = server.client().build().chat().completions();
            assertThatThrownBy(() -> completions.createStreaming(PARAMS))
                    .isInstanceOf(UnexpectedReplyException.class)
                    .hasMessage("a stream of server-sent events was asked for, and what came is application/json");
        }
    }
}
