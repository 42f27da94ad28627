package ai.tutti.server;

import static java.nio.charset.StandardCharsets.UTF_16LE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.tutti.api.ErrorReply;
import ai.tutti.api.Json;
import ai.tutti.api.ModelInfo;
import ai.tutti.client.ChatCompletionCreateParams;
import ai.tutti.client.ChatCompletionStream;
import ai.tutti.client.Tutti;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** Chat completions, which another server answers. */
final class ChatForwardingTest {
    private static final String LLAMA = "meta-llama/Meta-Llama-3.1-8B-Instruct-Turbo";
    private static final String THEIRS = "llama3.1:8b";
    private static final String ASK =
            "{\"model\":\"" + LLAMA + "\",\"messages\":[{\"role\":\"user\",\"content\":\"Why?\"}]}";
    private static final String ASK_FOR_STREAM = ASK.replace("}]}", "}],\"stream\":true}");
    private static final Map<String, String> NAMES = Map.of(LLAMA, THEIRS);

    /** Answers as the request's field {@code answer} says. */
    private static final ChatServer OBEDIENT = ChatServer.that(request -> {
        JsonNode asked = Json.mapper().readTree(request.body().getBytes(UTF_8));
        JsonNode answer = asked.path("answer");
        request.exchange().getResponseHeaders().set("Retry-After", "7");
        request.reply(
                answer.path("status").asInt(200),
                answer.path("type").asString("application/json"),
                answer.path("body").asString(ChatServer.completion(asked.path("model").asString(), "Because.")));
    });

    private static final TestServer FORWARDING = server(OBEDIENT.settings("their-secret", NAMES, Duration.ofSeconds(20)));

    @AfterAll
    static void close() {
        FORWARDING.close();
        OBEDIENT.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"/v1/chat/completions", "/chat/completions", "/v1/v1/chat/completions"})
    void theUpstreamIsAskedInItsOwnWordsAndAnswersUnderTheNameThatWasAsked(String path) {
        HttpResponse<byte[]> reply = FORWARDING.post(path, ASK);

        assertThat(reply.statusCode()).isEqualTo(200);
        assertThat(reply.headers().firstValue("content-type")).hasValue("application/json");
        assertThat(reply.headers().firstValue("x-tutti-served-by")).hasValue(THEIRS + " at " + OBEDIENT.where());
        assertThat(new String(reply.body(), UTF_8)).isEqualTo(ChatServer.completion(LLAMA, "Because."));
        assertThat(OBEDIENT.requests().getLast().body()).isEqualTo(ASK.replace(LLAMA, THEIRS));
    }

    @Test
    void allButTheModelPassesByteForByte() {
        String rest = " \"messages\" : [ {\"role\":\"user\",\"content\":\"\\u0041 vicuña 🦙\",\"model\":\"inner\"} ],\"temperature\":0.10,\"seed\":12345678901234567890,"
                + "\"logit_bias\":{\"1\":-1e-7},\"nobody_knows\":[null,{\"a\":1.50}],\"stream\":false }\n";
        String answer = "{ \"nobody_knows\":{\"model\":\"x\"}, \"p\":0.10, \"model\" : \"%s\" ,\"text\":\"vicuña 🦙\",\"n\":1E400}\n";
        try (ChatServer chat = ChatServer.that(request -> request.reply(200, "application/json; charset=utf-8", answer.formatted("/models/some.gguf")));
                TestServer server = server(chat.settings(NAMES))) {
            HttpResponse<byte[]> mapped = server.post("/v1/chat/completions", "{\"model\": \"" + LLAMA.toUpperCase(Locale.ROOT) + "\" ," + rest);
            HttpResponse<byte[]> other = server.post("/v1/chat/completions", "{\"model\": \"other\" ," + rest);

            assertThat(new String(mapped.body(), UTF_8)).isEqualTo(answer.formatted(LLAMA.toUpperCase(Locale.ROOT)));
            assertThat(new String(other.body(), UTF_8)).isEqualTo(answer.formatted("/models/some.gguf"));
            assertThat(chat.requests().get(0).body()).isEqualTo("{\"model\": \"" + THEIRS + "\" ," + rest);
            assertThat(chat.requests().get(1).body()).isEqualTo("{\"model\": \"other\" ," + rest);
        }
    }

    @Test
    void aByteOrderMarkPassesAndUtf16IsRefused() {
        byte[] marked = ("\uFEFF" + ASK).getBytes(UTF_8);
        assertThat(FORWARDING.send(request(marked)).statusCode()).isEqualTo(200);
        assertThat(OBEDIENT.requests().getLast().body()).isEqualTo("\uFEFF" + ASK.replace(LLAMA, THEIRS));

        HttpResponse<byte[]> refused = FORWARDING.send(request(ASK.getBytes(UTF_16LE)));
        assertThat(refused.statusCode()).isEqualTo(400);
        assertThat(TestServer.error(refused).message()).isEqualTo("the body must be UTF-8");
    }

    private static HttpRequest request(byte[] body) {
        return HttpRequest.newBuilder(FORWARDING.uri("/v1/chat/completions"))
                .POST(HttpRequest.BodyPublishers.ofByteArray(body))
                .build();
    }

    @Test
    void theClientsKeyStaysHereAndTheUpstreamsKeyGoesThere() {
        try (ChatServer chat = ChatServer.that(request -> request.reply(200, "application/json", ChatServer.completion("m", "x")));
                TestServer server = TestServer.start(settings -> TestServer.guarded(
                        TestServer.chatting(settings, chat.settings("theirs", NAMES, Duration.ofSeconds(5))), List.of("ours"), false))) {
            assertThat(server.post("/v1/chat/completions", ASK).statusCode()).isEqualTo(401);
            assertThat(server.post("/v1/chat/completions", ASK, "authorization", "Bearer ours", "cookie", "secret=1").statusCode()).isEqualTo(200);

            ChatServer.Request request = chat.requests().getFirst();
            assertThat(chat.requests()).hasSize(1);
            assertThat(request.headers().get("authorization")).containsExactly("Bearer theirs");
            assertThat(request.headers().keySet()).doesNotContain("Cookie");
            assertThat(request.headers().values().toString()).doesNotContain("ours");
        }
    }

    @Test
    void withoutAnUpstreamThatIsSaid() {
        HttpResponse<byte[]> reply = TestServer.shared().post("/v1/chat/completions", ASK);
        assertThat(reply.statusCode()).isEqualTo(400);
        assertThat(TestServer.error(reply).message()).contains("--chat-upstream");
        assertThat(TestServer.error(reply).code()).isEqualTo("chat_off");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{}|`model` is required",
                "{\"model\":7,\"messages\":[]}|`model` must be a string, not a number",
                "{\"model\":null,\"messages\":[]}|`model` must not be null",
                "{\"model\":\"m\"}|`messages` is required",
                "{\"model\":\"m\",\"messages\":\"Why?\"}|`messages` must be a list, not a string",
                "{\"model\":\"m\",\"messages\":[\"Why?\"]}|`messages[0]` must be a JSON object, not a string",
                "{\"model\":\"m\",\"messages\":[]}|`messages` is an empty list; send at least one message",
                "{\"model\":\"m\",\"messages\":[{}],\"stream\":\"yes\"}|`stream` must be true or false, not a string",
                "{\"model\":\"m\",\"model\":\"n\",\"messages\":[{}]}|the body is not valid JSON",
                "{\"model\":\"BAAI/bge-small-en-v1.5\",\"messages\":[{}]}|the model `BAAI/bge-small-en-v1.5` embeds or reranks; it cannot chat",
            })
    void whatIsWrongWithARequestIsSaidHere(String body, String message) {
        int before = OBEDIENT.requests().size();
        HttpResponse<byte[]> reply = FORWARDING.post("/v1/chat/completions", body);
        assertThat(reply.statusCode()).isEqualTo(400);
        assertThat(TestServer.error(reply).message()).startsWith(message);
        assertThat(OBEDIENT.requests()).hasSize(before);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "400|{\"error\":{\"message\":\"max_tokens is too large\",\"type\":\"their_type\",\"param\":\"max_tokens\",\"code\":42}}|400|max_tokens is too large|42",
                "404|{\"error\":\"model 'x' not found\"}|404|model 'x' not found|",
                "422|{\"detail\":[{\"loc\":[\"body\",\"n\"],\"msg\":\"field required\"}]}|422|[{\"loc\":[\"body\",\"n\"],\"msg\":\"field required\"}]|",
                "400|{\"object\":\"error\",\"message\":\"too\\nlong\",\"type\":\"BadRequestError\",\"code\":400}|400|too long|400",
                "403|{\"error\":{\"message\":\"prompt too long\"}}|403|prompt too long|",
                "404|<html>not here</html>|404|the chat upstream WHERE answered 404 without saying why in JSON; is --chat-upstream the base URL of an API like OpenAI's?|",
                "401|{\"error\":{\"message\":\"Invalid key their-secret\"}}|502|the chat upstream WHERE refuses the key that this server has for it (--chat-api-key; the client's own key is not sent there): Invalid key ***|chat_upstream_key",
                "400|{\"error\":{\"message\":\"Invalid key th\\u0065ir-secret\",\"type\":\"\\u0074heir-secret\",\"param\":\"their\\u002dsecret\",\"code\":\"key=their-\\u0073ecret\"}}|400|Invalid key ***|key=***",
                "422|{\"detail\":[{\"input\":\"th\\u0065ir-secret\"}]}|422|[{\"input\":\"***\"}]|",
                "500|{\"error\":{\"message\":\"out of memory\"}}|502|the chat upstream WHERE answered 500: out of memory|chat_upstream_failed",
                "503|<html>Bad</html>|502|the chat upstream WHERE answered 503|chat_upstream_failed",
                "302|''|502|the chat upstream WHERE answered 302; --chat-upstream must be the base URL itself, not one that leads to it|chat_upstream_redirect",
                "200|<html>Welcome</html>|502|the chat upstream WHERE answered 200 with text/x and not with JSON; --chat-upstream must be the base URL of an API like OpenAI's|chat_upstream_not_json",
                "200|[1]|502|the chat upstream WHERE answered 200 with text/x and not with JSON; --chat-upstream must be the base URL of an API like OpenAI's|chat_upstream_not_json",
                "200|{\"a\":|502|the chat upstream WHERE answered 200 with text/x and not with JSON; --chat-upstream must be the base URL of an API like OpenAI's|chat_upstream_not_json",
            })
    void theUpstreamsErrorsAreToldAsWhatTheyAre(int theirStatus, String body, int status, String message, String code) {
        String answer = "],\"answer\":" + Json.writeText(Map.of("status", theirStatus, "type", "text/x", "body", body)) + "}";
        HttpResponse<byte[]> reply = FORWARDING.post("/v1/chat/completions", ASK.replace("]}", answer));

        assertThat(reply.statusCode()).isEqualTo(status);
        ErrorReply.Detail error = TestServer.error(reply);
        assertThat(error.message()).isEqualTo(message.replace("WHERE", OBEDIENT.where()));
        assertThat(error.code()).isEqualTo(code);
        assertThat(reply.headers().map() + new String(reply.body(), UTF_8)).doesNotContain("their-secret");
        assertThat(reply.headers().firstValue("www-authenticate")).isEmpty();
        if (theirStatus >= 500 || status == theirStatus) {
            assertThat(reply.headers().firstValue("retry-after")).hasValue("7");
        }
    }

    @Test
    void anUpstreamThatIsNotThereIsNamed() throws IOException {
        int nobody;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            nobody = socket.getLocalPort();
        }
        assertUnreachable("http://127.0.0.1:" + nobody, 502, "the chat upstream 127.0.0.1:" + nobody + " refuses the connection");
        assertUnreachable("http://no-such-host.invalid", 502, "the chat upstream no-such-host.invalid is no known host");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "http|''|closed the connection before it answered",
                "http|'SSH-2.0-OpenSSH_9.2\r\n'|closed the connection before it answered",
                "http|'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"a\":'|broke off its answer",
                "https|'HTTP/1.1 400 Bad Request\r\n\r\n'|cannot be trusted or speaks no TLS",
            })
    void anUpstreamThatHangsUpOrSpeaksSomethingElseIsNamed(String scheme, String answer, String message) throws IOException {
        try (ServerSocket socket = once((in, out) -> out.write(answer.getBytes(UTF_8)))) {
            String where = "127.0.0.1:" + socket.getLocalPort();
            assertUnreachable(scheme + "://" + where, 502, "the chat upstream " + where + " " + message);
        }
    }

    /** What a socket does with its first connection, once something has come, before it hangs up. */
    private interface Once {
        void answer(InputStream in, OutputStream out) throws IOException;
    }

    private static ServerSocket once(Once once) throws IOException {
        ServerSocket listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().start(() -> {
            try (Socket socket = listener.accept()) {
                for (int depth = 0, byt = 0; byt != '}' || depth > 0; ) { // to the end of the JSON, or closing would reset
                    byt = socket.getInputStream().read();
                    depth += byt == '{' ? 1 : byt == '}' ? -1 : 0;
                    if (byt < ' ' && byt != '\r' && byt != '\n') {
                        break; // no HTTP
                    }
                }
                once.answer(socket.getInputStream(), socket.getOutputStream());
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        });
        return listener;
    }

    private static void assertUnreachable(String upstream, int status, String message) {
        ChatSettings chat = new ChatSettings(URI.create(upstream), null, NAMES, Duration.ofSeconds(10));
        try (TestServer server = server(chat)) {
            HttpResponse<byte[]> reply = server.post("/v1/chat/completions", ASK);
            assertThat(reply.statusCode()).isEqualTo(status);
            assertThat(TestServer.error(reply).message()).startsWith(message);
        }
    }

    @Test
    void anUpstreamThatIsSilentIsA504() {
        CountDownLatch end = new CountDownLatch(1);
        try (ChatServer chat = ChatServer.that(request -> {
                    if (request.json().path("stream").asBoolean()) {
                        OutputStream out = request.stream();
                        out.write(ChatServer.event(ChatServer.chunk(THEIRS, "Well")));
                        out.flush();
                    }
                    end.await();
                });
                TestServer server = server(chat.settings(null, NAMES, Duration.ofMillis(500)))) {
            HttpResponse<byte[]> reply = server.post("/v1/chat/completions", ASK);
            assertThat(reply.statusCode()).isEqualTo(504);
            assertThat(reply.headers().firstValue("x-should-retry")).hasValue("false");
            assertThat(TestServer.error(reply).message())
                    .isEqualTo("the chat upstream " + chat.where() + " was silent for 0.5 s (--chat-timeout)");

            List<String> lines = new ArrayList<>();
            assertThatThrownBy(() -> read(stream(server), lines)).isInstanceOf(IOException.class);
            assertThat(lines.getFirst()).isEqualTo("data: " + ChatServer.chunk(LLAMA, "Well"));
            assertThat(lines).filteredOn(line -> line.contains("\"error\"")).singleElement().asString().contains("was silent for 0.5 s");
        } finally {
            end.countDown();
        }
    }

    @Test
    void aStreamComesAsItIsMade() throws Exception {
        CountDownLatch first = new CountDownLatch(1);
        CountDownLatch second = new CountDownLatch(1);
        try (ChatServer chat = ChatServer.that(request -> {
                    byte[] event = ChatServer.event(ChatServer.chunk(THEIRS, "vicuña"));
                    try (OutputStream out = request.stream()) {
                        out.write(": hello\n\n".getBytes(UTF_8));
                        out.write(event);
                        out.flush();
                        first.await();
                        for (byte one : event) { // a line may come in any pieces
                            out.write(one);
                            out.flush();
                        }
                        second.await();
                        out.write("data: {\"no model\":1}\r\n\r\ndata: [DONE]".getBytes(UTF_8));
                    }
                });
                TestServer server = server(chat.settings(NAMES))) {
            HttpResponse<InputStream> reply = stream(server);
            assertThat(reply.headers().firstValue("content-type")).hasValue("text/event-stream; charset=utf-8");
            assertThat(reply.headers().firstValue("cache-control")).hasValue("no-cache");
            try (BufferedReader lines = new BufferedReader(new InputStreamReader(reply.body(), UTF_8))) {
                String event = "data: " + ChatServer.chunk(LLAMA, "vicuña");
                assertThat(List.of(lines.readLine(), lines.readLine(), lines.readLine(), lines.readLine())).containsExactly(": hello", "", event, "");
                first.countDown();
                assertThat(List.of(lines.readLine(), lines.readLine())).containsExactly(event, "");
                second.countDown();
                assertThat(lines.lines()).containsExactly("data: {\"no model\":1}", "", "data: [DONE]");
            }
        }
    }

    @Test
    void anUpstreamThatDiesInTheMiddleBreaksTheStream() throws IOException {
        String event = new String(ChatServer.event(ChatServer.chunk(THEIRS, "Well")), UTF_8) + "data: {\"half";
        String answer = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n%x\r\n%s\r\n"
                .formatted(event.length(), event);
        try (ServerSocket dying = once((in, out) -> out.write(answer.getBytes(UTF_8)));
                TestServer server = server(new ChatSettings(
                        URI.create("http://127.0.0.1:" + dying.getLocalPort()), null, NAMES, Duration.ofSeconds(20)))) {
            List<String> lines = new ArrayList<>();
            assertThatThrownBy(() -> read(stream(server), lines)).isInstanceOf(IOException.class);
            lines.removeIf(String::isEmpty);
            assertThat(lines).hasSize(2);
            assertThat(lines.get(0)).isEqualTo("data: " + ChatServer.chunk(LLAMA, "Well"));
            assertThat(Json.read(lines.get(1).substring(6).getBytes(UTF_8), ErrorReply.class).error().message())
                    .isEqualTo("the chat upstream 127.0.0.1:" + dying.getLocalPort() + " broke off its answer");
            assertThat(server.metric("tutti_chat_failures_total{reason=\"chat_upstream_broken\"}")).isEqualTo(1);
        }
    }

    @Test
    void aClientThatHangsUpHangsUpTheUpstream() throws Exception {
        CountDownLatch noticed = new CountDownLatch(2);
        try (ChatServer chat = ChatServer.that(request -> {
                    try {
                        OutputStream out = request.stream();
                        while (true) {
                            out.write(ChatServer.event(ChatServer.chunk(THEIRS, "Well")));
                            out.flush();
                            Thread.sleep(10);
                        }
                    } catch (IOException e) {
                        noticed.countDown();
                    }
                });
                TestServer server = server(chat.settings(NAMES))) {
            Tutti client = Tutti.builder().baseUrl(server.uri("/v1").toString()).apiKey("any").build();
            try (ChatCompletionStream stream = client.chat().completions().createStreaming(ChatCompletionCreateParams.of(LLAMA, "Why?"))) {
                assertThat(stream.next().model()).isEqualTo(LLAMA);
            }
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
                socket.getOutputStream().write(raw(ASK_FOR_STREAM));
                assertThat(socket.getInputStream().readNBytes(500)).hasSize(500);
            }
            assertThat(noticed.await(20, TimeUnit.SECONDS)).isTrue();
            Waiting.until(() -> server.metric("tutti_chat_in_flight") == 0);
        }
    }

    @Test
    void aClientThatLeavesBeforeTheAnswerBeginsHangsUpTheUpstream() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        try (ServerSocket upstream = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                TestServer server = server(new ChatSettings(
                        URI.create("http://127.0.0.1:" + upstream.getLocalPort()), null, NAMES, Duration.ofMinutes(5)))) {
            Future<Boolean> noticed = Executors.newVirtualThreadPerTaskExecutor().submit(() -> {
                try (Socket socket = upstream.accept()) {
                    socket.setSoTimeout(20_000);
                    socket.getInputStream().read();
                    asked.countDown();
                    while (socket.getInputStream().read() >= 0) {
                        // the rest of the request
                    }
                    return true;
                } catch (SocketException reset) {
                    return true;
                }
            });
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
                socket.getOutputStream().write(raw(ASK));
                asked.await();
            }
            assertThat(noticed.get(20, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void aClientThatReadsSlowlySlowsTheUpstreamDown() throws Exception {
        AtomicLong sent = new AtomicLong();
        byte[] event = ChatServer.event(ChatServer.chunk(THEIRS, "x".repeat(10_000)));
        try (ChatServer chat = ChatServer.that(request -> {
                    try (OutputStream out = request.stream()) {
                        for (int i = 0; i < 10_000; i++) { // 100 MB
                            out.write(event);
                            sent.addAndGet(event.length);
                        }
                    }
                });
                TestServer server = server(chat.settings(NAMES));
                Socket slow = new Socket()) {
            slow.setReceiveBufferSize(16 << 10);
            slow.connect(server.address());
            slow.getOutputStream().write(raw(ASK_FOR_STREAM));
            Waiting.until(() -> sent.get() > 0);
            long before;
            do {
                before = sent.get();
                Thread.sleep(300);
            } while (sent.get() > before);
            assertThat(before).isLessThan(30 << 20); // what the sockets on the way hold
            assertThat(slow.getInputStream().readNBytes(4 << 20)).hasSize(4 << 20);
            Waiting.until(() -> sent.get() > 5 << 20);
        }
    }

    @Test
    void aThousandStreamsDoNotHoldUpEmbeddings() throws Exception {
        int streams = 1000;
        CountDownLatch begun = new CountDownLatch(streams);
        CountDownLatch end = new CountDownLatch(1);
        try (ChatServer chat = ChatServer.that(request -> {
                    try (OutputStream out = request.stream()) {
                        out.write(ChatServer.event(ChatServer.chunk(THEIRS, "Well")));
                        out.flush();
                        begun.countDown();
                        end.await();
                        out.write("data: [DONE]\n\n".getBytes(UTF_8));
                    }
                });
                TestServer server = server(chat.settings(NAMES));
                ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<String>> readers = new ArrayList<>();
            for (int i = 0; i < streams; i++) {
                readers.add(clients.submit(() -> {
                    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
                        socket.getOutputStream().write(raw(ASK_FOR_STREAM));
                        return new String(socket.getInputStream().readAllBytes(), UTF_8);
                    }
                }));
            }
            assertThat(begun.await(60, TimeUnit.SECONDS)).isTrue();
            Waiting.until(() -> server.metric("tutti_chat_in_flight") == streams);
            long began = System.nanoTime();
            for (int i = 0; i < 20; i++) {
                assertThat(server.post("/v1/embeddings", "{\"model\":\"" + TestServer.MODEL + "\",\"input\":\"x\"}").statusCode())
                        .isEqualTo(200);
            }
            assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(10));
            end.countDown();
            for (Future<String> reader : readers) {
                assertThat(reader.get()).contains(ChatServer.chunk(LLAMA, "Well"), "data: [DONE]\n\n");
            }
        }
    }

    @Test
    void aPromptIsNotHeldAgainstOtherUploadsWhileItIsAnswered() throws Exception {
        CountDownLatch end = new CountDownLatch(1);
        try (ChatServer chat = ChatServer.that(request -> {
                    end.await();
                    request.reply(200, "application/json", ChatServer.completion(THEIRS, "x"));
                });
                TestServer server = server(chat.settings(NAMES));
                ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
            String prompt = ASK.replace("Why?", "x".repeat(200_000));
            String large = ASK.replace("Why?", "x".repeat(300_000)); // has a thread of its own, of which there must not be many
            Future<HttpResponse<byte[]>> reply = clients.submit(() -> server.post("/v1/chat/completions", prompt));
            Waiting.until(() -> chat.requests().size() == 1);
            Waiting.until(() -> server.metric("tutti_uploads_bytes") == 0);
            Future<HttpResponse<byte[]>> other = clients.submit(() -> server.post("/v1/chat/completions", large));
            Waiting.until(() -> chat.requests().size() == 2);
            assertThat(server.metric("tutti_uploads_bytes")).isEqualTo(large.length());
            end.countDown();
            assertThat(reply.get().statusCode()).isEqualTo(200);
            assertThat(other.get().statusCode()).isEqualTo(200);
            Waiting.until(() -> server.metric("tutti_uploads_bytes") == 0);
        }
    }

    @Test
    void anOldClientGetsItsStreamToTheEndOfTheConnection() throws Exception {
        try (ChatServer chat = ChatServer.that(request -> {
                    try (OutputStream out = request.stream()) {
                        out.write(ChatServer.event(ChatServer.chunk(THEIRS, "Well")));
                    }
                });
                TestServer server = server(chat.settings(NAMES))) {
            String reply = server.raw(new String(raw(ASK_FOR_STREAM), UTF_8).replace("HTTP/1.1", "HTTP/1.0"));
            assertThat(reply).startsWith("HTTP/1.0 200 OK\r\n").endsWith("\r\n\r\n" + new String(ChatServer.event(ChatServer.chunk(LLAMA, "Well")), UTF_8));
        }
    }

    @Test
    void aServerThatIsItsOwnUpstreamSaysSo() throws IOException {
        int port;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
        }
        ChatSettings itself = new ChatSettings(URI.create("http://127.0.0.1:" + port), null, Map.of(), Duration.ofSeconds(20));
        try (TestServer server = TestServer.start(settings -> TestServer.chatting(settings, itself), port)) {
            HttpResponse<byte[]> reply = server.post("/v1/chat/completions", ASK);
            assertThat(reply.statusCode()).isEqualTo(502);
            assertThat(TestServer.error(reply).message()).contains("leads back to this server");
        }
    }

    @Test
    void chatModelsAreListedWithWhoAnswers() {
        try (ChatServer chat = ChatServer.that(request -> request.reply(500, "text/plain", ""));
                TestServer server = server(chat.settings("their-secret", NAMES, Duration.ofSeconds(1)))) {
            ModelInfo info = TestServer.as(server.get("/v1/models/" + LLAMA.toLowerCase(Locale.ROOT)), ModelInfo.class);
            assertThat(info.id()).isEqualTo(LLAMA);
            assertThat(info.type()).isEqualTo("chat");
            assertThat(info.servedBy()).isEqualTo(THEIRS + " at " + chat.where());
            HttpResponse<byte[]> list = server.get("/v1/models");
            assertThat(TestServer.json(list).valueStream().map(model -> model.path("id").asString())).endsWith(LLAMA);
            assertThat(TestServer.json(server.get("/v2/supported-models/" + LLAMA)).path("displayType").asString()).isEqualTo("chat");
            assertThat(new String(list.body(), UTF_8)).doesNotContain("their-secret");
        }
        ChatSettings twice = new ChatSettings(URI.create("http://x"), null, Map.of("baai/BGE-small-en-v1.5", "x"), Duration.ofSeconds(1));
        assertThatThrownBy(() -> server(twice)).isInstanceOf(StartException.class).hasMessageContaining("baai/BGE-small-en-v1.5");
    }

    private static TestServer server(ChatSettings chat) {
        return TestServer.start(settings -> TestServer.chatting(settings, chat));
    }

    private static HttpResponse<InputStream> stream(TestServer server) throws IOException, InterruptedException {
        return server.client()
                .send(
                        HttpRequest.newBuilder(server.uri("/v1/chat/completions"))
                                .POST(HttpRequest.BodyPublishers.ofString(ASK_FOR_STREAM))
                                .build(),
                        HttpResponse.BodyHandlers.ofInputStream());
    }

    private static void read(HttpResponse<InputStream> reply, List<String> lines) throws IOException {
        try (BufferedReader reader = new BufferedReader(new InputStreamReader(reply.body(), UTF_8))) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                lines.add(line);
            }
        }
    }

    private static byte[] raw(String body) {
        return "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: %d\r\n\r\n%s"
                .formatted(body.getBytes(UTF_8).length, body)
                .getBytes(UTF_8);
    }
}
