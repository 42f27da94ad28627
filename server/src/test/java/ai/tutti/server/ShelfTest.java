package ai.tutti.server;

import static ai.tutti.server.TinyModel.BGE;
import static ai.tutti.server.TinyModel.GTE;
import static ai.tutti.server.TinyModel.UAE;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.tutti.api.Json;
import ai.tutti.hub.ModelSpec;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import tools.jackson.databind.JsonNode;

/** Several models in one process: loaded when asked for, put away for one another, never in the middle of work. */
final class ShelfTest {
    private static final String ADMIN = "the-operator's-key";
    private static final String[] OPERATOR = {"authorization", "Bearer " + ADMIN};
    private static final Duration LONG = Duration.ofSeconds(60);

    /** Room for any one of the tiny models, and not for two. */
    private static final long ROOM_FOR_ONE = 400 << 10;

    private static final long ROOM_FOR_ALL = 10 << 20;

    @Test
    void modelsAreLoadedWhenTheyAreFirstAskedFor() {
        try (TestServer server = lazy(ROOM_FOR_ALL)) {
            assertThat(server.get("/readyz").statusCode()).isEqualTo(200);
            assertThat(states(server)).containsExactly("unloaded", "unloaded", "unloaded");
            assertThat(server.metric("tutti_models_memory_bytes")).isZero();

            assertRight(GTE, 0, server);

            assertThat(states(server)).containsExactly("unloaded", "loaded", "unloaded");
            assertThat(server.get("/readyz").statusCode()).isEqualTo(200);
            JsonNode gte = TestServer.json(server.get("/v1/models/thenlper/gte-large"));
            assertThat(gte.path("running").booleanValue()).isTrue();
            assertThat(gte.path("dimensions").intValue()).isEqualTo(48);
            JsonNode bge = TestServer.json(server.get("/v1/models/BAAI/bge-large-en-v1.5"));
            assertThat(bge.path("running").booleanValue()).isFalse();
            assertThat(bge.path("context_length").intValue()).isEqualTo(64);
            assertThat(server.metric(model("tutti_model_loaded", GTE))).isOne();
            assertThat(server.metric(model("tutti_model_loaded", BGE))).isZero();
            assertThat(server.metric(model("tutti_model_loads_seconds_count", GTE))).isOne();
            assertThat(server.metric("tutti_models_memory_bytes")).isPositive();
        }
    }

    @Test
    void allAreLoadedAtTheStartUnlessTheyAreLazyOrTheBudgetIsFull() {
        try (TestServer all = start(shelf(false, ROOM_FOR_ALL, LONG))) {
            assertThat(states(all)).containsExactly("loaded", "loaded", "loaded");
        }
        try (TestServer one = start(shelf(false, ROOM_FOR_ONE, LONG))) {
            assertThat(states(one)).containsExactly("loaded", "unloaded", "unloaded");
            assertThat(one.get("/readyz").statusCode()).isEqualTo(200);
            assertRight(UAE, 0, one);
            assertThat(states(one)).containsExactly("unloaded", "unloaded", "loaded");
        }
    }

    @Test
    void theLeastRecentlyUsedMakesRoom() {
        long roomForTwo = 750 << 10;
        try (TestServer server = lazy(roomForTwo)) {
            assertRight(BGE, 0, server);
            assertRight(UAE, 0, server);
            assertRight(BGE, 1, server);
            assertRight(GTE, 0, server);
            assertThat(states(server)).containsExactly("loaded", "loaded", "unloaded");
            assertThat(server.metric(model("tutti_model_evictions_total", UAE))).isOne();
            assertThat(server.metric("tutti_models_memory_bytes")).isLessThanOrEqualTo((double) roomForTwo);
        }
    }

    @Test
    void manyClientsSwitchBetweenModelsOfWhichOnlyOneFits() throws Exception {
        try (TestServer server = lazy(ROOM_FOR_ONE)) {
            long end = System.nanoTime() + Duration.ofSeconds(5).toNanos();
            int replies = inParallel(8, () -> {
                int count = 0;
                for (; System.nanoTime() < end; count++) {
                    int chosen = ThreadLocalRandom.current().nextInt(TinyModel.ALL.size());
                    assertRight(TinyModel.ALL.get(chosen), count, server);
                }
                return count;
            });
            double loads = TinyModel.ALL.stream()
                    .mapToDouble(model -> server.metric(model("tutti_model_loads_seconds_count", model)))
                    .sum();
            assertThat(replies).isGreaterThan(100);
            assertThat(loads).isGreaterThan(10);
            assertThat(server.metric("tutti_models_memory_bytes")).isBetween(1.0, (double) ROOM_FOR_ONE);
        }
    }

    @Test
    void aModelThatIsNeverIdleMakesRoomAllTheSame() throws Exception {
        try (TestServer server = lazy(ROOM_FOR_ONE)) {
            AtomicBoolean enough = new AtomicBoolean();
            try (ExecutorService client = Executors.newVirtualThreadPerTaskExecutor()) {
                Future<Integer> busy = client.submit(() -> inParallel(8, () -> {
                    int count = 0;
                    while (!enough.get()) {
                        assertRight(BGE, count++, server);
                    }
                    return count;
                }));
                Waiting.until(() -> server.metric(model("tutti_model_loaded", BGE)) == 1);
                assertRight(GTE, 0, server);
                enough.set(true);
                assertThat(busy.get()).isPositive();
            }
        }
    }

    @Test
    void manyRequestsForOneModelShareItsLoading() throws Exception {
        try (TestServer server = lazy(ROOM_FOR_ALL)) {
            inParallel(32, () -> {
                assertRight(BGE, 3, server);
                return 1;
            });
            assertThat(server.metric(model("tutti_model_loads_seconds_count", BGE))).isOne();
        }
    }

    @Test
    void aModelAtWorkIsNotPutAwayAndItsLongReplyEndsWell() throws Exception {
        int texts = 20_000;
        try (TestServer server = start(shelf(true, ROOM_FOR_ONE, Duration.ofMillis(500)));
                Socket slow = longRequest(server, texts)) {
            Waiting.until(() -> server.metric(model("tutti_model_loaded", BGE)) == 1);
            Waiting.until(() -> server.metric("tutti_queue_tokens") > 0);

            HttpResponse<byte[]> reply = server.post("/v1/embeddings", GTE.request(0));

            assertThat(reply.statusCode()).isEqualTo(503);
            assertThat(TestServer.error(reply).code()).isEqualTo("model_loading");
            assertThat(TestServer.error(reply).message()).contains(GTE.published(), "memory");
            assertThat(reply.headers().map()).containsKey("retry-after").doesNotContainKey("x-should-retry");
            HttpResponse<byte[]> unload = server.post("/admin/models/BAAI/bge-large-en-v1.5/unload", "", OPERATOR);
            assertThat(unload.statusCode()).isEqualTo(503);
            assertThat(TestServer.error(unload).code()).isEqualTo("model_busy");
            assertRight(BGE, 7, server);

            String whole = new String(slow.getInputStream().readAllBytes(), US_ASCII);
            assertThat(whole).startsWith("HTTP/1.1 200 OK\r\n").contains("\"usage\"").endsWith("0\r\n\r\n");
            assertThat(whole.split("\"object\":\"embedding\"")).hasSize(texts + 1);
            Waiting.until(() -> server.post("/v1/embeddings", GTE.request(0)).statusCode() == 200);
        }
    }

    @Test
    void whoHangsUpWhileAModelIsLoadedIsForgotten() throws Exception {
        try (TestServer server = lazy(ROOM_FOR_ONE);
                Socket _ = longRequest(server, 20_000)) {
            Waiting.until(() -> server.metric("tutti_queue_tokens") > 0);
            double before = server.metric("tutti_requests_in_flight");
            List<Socket> waiting = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                waiting.add(send(server, GTE.request(i)));
            }
            Waiting.until(() -> server.metric("tutti_requests_in_flight") == before + 20);
            for (Socket socket : waiting) {
                socket.close();
            }
            Waiting.until(() -> server.metric("tutti_requests_in_flight") == before);
            assertRight(BGE, 0, server);
        }
    }

    @Test
    void aModelThatCannotBeLoadedIsSaidAndTriedAgainLater(@TempDir Path folder) throws Exception {
        ModelSpec spec = BGE.copyTo(folder.resolve("bge"));
        Path weights = folder.resolve("bge/model.safetensors");
        byte[] whole = Files.readAllBytes(weights);
        List<ModelSpec> models = List.of(spec, GTE.spec());
        try (TestServer server = TestServer.start(settings ->
                TinyModel.serving(settings, models, Map.of(), shelf(true, ROOM_FOR_ALL, LONG)))) {
            Files.write(weights, "broken".getBytes(US_ASCII));
            for (int i = 0; i < 3; i++) {
                HttpResponse<byte[]> reply = server.post("/v1/embeddings", BGE.request(0));
                assertThat(reply.statusCode()).isEqualTo(503);
                assertThat(reply.headers().firstValue("x-should-retry")).hasValue("false");
                assertThat(TestServer.error(reply).code()).isEqualTo("model_load_failed");
                assertThat(TestServer.error(reply).message()).contains(BGE.published(), "model.safetensors").doesNotContain("\n");
            }
            assertThat(server.metric(model("tutti_model_load_failures_total", BGE))).isOne();
            assertThat(server.metric("tutti_models_memory_bytes")).isZero();
            assertThat(server.get("/readyz").statusCode()).isEqualTo(200);
            assertThat(TestServer.json(server.get("/admin/models/BAAI/bge-large-en-v1.5", OPERATOR)).path("error").asString())
                    .contains("model.safetensors");
            assertRight(GTE, 0, server);

            Files.write(weights, whole);
            Thread.sleep(Shelf.RETRY.plusMillis(100));
            assertRight(BGE, 0, server);
            assertThat(TestServer.json(server.get("/admin/models/BAAI/bge-large-en-v1.5", OPERATOR)).has("error")).isFalse();
        }
    }

    @Test
    void unloadingUnderLoadDisturbsNobody() throws Exception {
        try (TestServer server = lazy(ROOM_FOR_ALL)) {
            AtomicBoolean enough = new AtomicBoolean();
            try (ExecutorService client = Executors.newVirtualThreadPerTaskExecutor()) {
                Future<Integer> busy = client.submit(() -> inParallel(4, () -> {
                    int count = 0;
                    while (!enough.get()) {
                        assertRight(UAE, count++, server);
                    }
                    return count;
                }));
                for (int i = 0; i < 20; i++) {
                    HttpResponse<byte[]> unloaded = server.post("/admin/models/WhereIsAI/UAE-Large-V1/unload", "", OPERATOR);
                    assertThat(unloaded.statusCode()).isEqualTo(200);
                    Thread.sleep(20);
                }
                enough.set(true);
                assertThat(busy.get()).isPositive();
            }
            assertThat(server.metric(model("tutti_model_loads_seconds_count", UAE))).isGreaterThan(5);
        }
    }

    @Test
    void theOperatorLoadsAndUnloadsByAnyOfAModelsNames() {
        try (TestServer server = lazy(ROOM_FOR_ALL)) {
            for (String name : List.of(
                    "BAAI/bge-large-en-v1.5", "BAAI%2Fbge-large-en-v1.5", "baai/BGE-large-en-v1.5", "text-embedding-3-large")) {
                HttpResponse<byte[]> loaded = server.post("/admin/models/" + name + "/load", "", OPERATOR);
                assertThat(loaded.statusCode()).isEqualTo(200);
                JsonNode model = TestServer.json(loaded);
                assertThat(model.path("id").asString()).isEqualTo(BGE.published());
                assertThat(model.path("state").asString()).isEqualTo("loaded");
                assertThat(model.path("weight_bytes").longValue()).isPositive();
                JsonNode shelf = TestServer.json(server.get("/admin/models", OPERATOR));
                assertThat(shelf.path("used_bytes").longValue()).isEqualTo(model.path("weight_bytes").longValue());
                assertThat(shelf.path("budget_bytes").longValue()).isEqualTo(ROOM_FOR_ALL);
                assertThat(shelf.path("models")).hasSize(3);

                for (int i = 0; i < 2; i++) {
                    HttpResponse<byte[]> unloaded = server.post("/admin/models/" + name + "/unload", "", OPERATOR);
                    assertThat(unloaded.statusCode()).isEqualTo(200);
                    assertThat(TestServer.json(unloaded).path("state").asString()).isEqualTo("unloaded");
                }
                assertThat(TestServer.json(server.get("/admin/models", OPERATOR)).path("used_bytes").longValue()).isZero();
            }
        }
    }

    @Test
    void nobodyElseDoes() {
        try (TestServer open = start(new ShelfSettings(true, ROOM_FOR_ALL, LONG, null));
                TestServer keyed = TestServer.start(settings -> TestServer.guarded(
                        TinyModel.serving(settings, TinyModel.specs(), Map.of(), shelf(true, ROOM_FOR_ALL, LONG)),
                        List.of("a-client's-key"),
                        false))) {
            for (String path : List.of("/admin/models/BAAI/bge-large-en-v1.5/load", "/admin/models/nobody/load")) {
                HttpResponse<byte[]> closed = open.post(path, "", OPERATOR);
                assertThat(closed.statusCode()).isEqualTo(403);
                assertThat(TestServer.error(closed).message()).contains("--admin-key");
                assertThat(keyed.post(path, "").statusCode()).isEqualTo(401);
                assertThat(keyed.post(path, "", "authorization", "Bearer a-client's-key").statusCode()).isEqualTo(401);
            }
            assertThat(open.get("/admin/models").statusCode()).isEqualTo(403);
            assertThat(keyed.get("/admin/models").statusCode()).isEqualTo(401);
            assertThat(keyed.get("/v1/models", OPERATOR).statusCode()).isEqualTo(401);
            HttpResponse<byte[]> unknown = keyed.post("/admin/models/nobody/nothing/load", "", OPERATOR);
            assertThat(unknown.statusCode()).isEqualTo(404);
            assertThat(TestServer.error(unknown).code()).isEqualTo("model_not_found");
            assertThat(keyed.post("/admin/models/BAAI/bge-large-en-v1.5/burn", "", OPERATOR).statusCode()).isEqualTo(404);
            assertThat(keyed.post("/admin/models/load", "", OPERATOR).statusCode()).isEqualTo(404);
            assertThat(keyed.get("/admin/models/nobody", OPERATOR).statusCode()).isEqualTo(404);
            assertThat(keyed.post("/admin/models", "", OPERATOR).statusCode()).isEqualTo(405);
            assertThat(states(keyed, OPERATOR)).containsExactly("unloaded", "unloaded", "unloaded");
        }
    }

    @ParameterizedTest
    @FieldSource("ai.tutti.server.TinyModel#ALL")
    void whatCanNeverFitIsRefusedAtTheStart(TinyModel model) {
        assertThatThrownBy(() -> TestServer.start(settings -> TinyModel.serving(
                                settings, List.of(model.spec()), Map.of(), shelf(true, 100 << 10, LONG)))
                        .close())
                .isInstanceOf(StartException.class)
                .message()
                .contains(model.published(), "100 KB", "--memory-budget")
                .doesNotContain("\n");
    }

    @Test
    void closingDuringALoadSendsWaitingRequestsAway() throws Exception {
        TestServer server = TestServer.start(settings -> settingsOfBundled(settings, shelf(true, 1L << 30, LONG)));
        try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<HttpResponse<byte[]>> waiting = clients.submit(() -> server.post(
                    "/v1/embeddings", "{\"model\":\"%s\",\"input\":\"x\"}".formatted(TestServer.MODEL)));
            Waiting.until(() -> server.server().models().getFirst().state() == ModelState.LOADING);
            long began = System.nanoTime();
            server.server().close();
            assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(20));
            assertThat(waiting.get().statusCode()).isEqualTo(503);
            assertThat(TestServer.error(waiting.get()).code()).isEqualTo("closing");
        }
        server.close();
    }

    private static ServerSettings settingsOfBundled(ServerSettings settings, ShelfSettings shelf) {
        return TinyModel.serving(settings, settings.models(), Map.of(), shelf);
    }

    private static TestServer lazy(long budget) {
        return start(shelf(true, budget, LONG));
    }

    private static ShelfSettings shelf(boolean lazy, long budget, Duration wait) {
        return new ShelfSettings(lazy, budget, wait, ADMIN);
    }

    private static TestServer start(ShelfSettings shelf) {
        return TestServer.start(settings -> TinyModel.serving(
                settings, TinyModel.specs(), Map.of("text-embedding-3-large", BGE.published()), shelf));
    }

    private static void assertRight(TinyModel model, int number, TestServer server) {
        HttpResponse<byte[]> reply = server.post("/v1/embeddings", model.request(number));
        assertThat(reply.statusCode()).as(new String(reply.body(), US_ASCII)).isEqualTo(200);
        model.assertRight(number, TestServer.json(reply));
    }

    private static List<String> states(TestServer server, String... headers) {
        return TestServer.json(server.get("/admin/models", headers.length == 0 ? OPERATOR : headers))
                .path("models")
                .valueStream()
                .map(model -> model.path("state").asString())
                .toList();
    }

    private static String model(String metric, TinyModel model) {
        return "%s{model=\"%s\"}".formatted(metric, model.published());
    }

    /** Runs the same in several threads and adds up what they count. */
    private static int inParallel(int threads, Callable<Integer> work) throws Exception {
        try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Integer>> counts = new ArrayList<>();
            for (int i = 0; i < threads; i++) {
                counts.add(clients.submit(work));
            }
            int sum = 0;
            for (Future<Integer> count : counts) {
                sum += count.get();
            }
            return sum;
        }
    }

    /** A request to bge whose reply is far larger than what lies between server and client, and nobody reads it yet. */
    private static Socket longRequest(TestServer server, int texts) throws IOException {
        List<String> input = IntStream.range(0, texts).mapToObj(BGE::text).filter(text -> !text.isEmpty()).toList();
        List<String> filled = new ArrayList<>(input);
        while (filled.size() < texts) {
            filled.add("once more");
        }
        return send(server, Json.writeText(Map.of("model", BGE.published(), "input", filled)));
    }

    private static Socket send(TestServer server, String body) throws IOException {
        byte[] bytes = body.getBytes(UTF_8);
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port());
        socket.setSoTimeout(60_000);
        socket.getOutputStream()
                .write(("POST /v1/embeddings HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: " + bytes.length
                                + "\r\n\r\n")
                        .getBytes(US_ASCII));
        socket.getOutputStream().write(bytes);
        socket.getOutputStream().flush();
        return socket;
    }
}
