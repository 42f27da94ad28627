package ai.tutti.client;

import static ai.tutti.client.ScriptedServer.chunked;
import static ai.tutti.client.ScriptedServer.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import ai.tutti.api.EmbeddingsReply;
import ai.tutti.client.ScriptedServer.Line;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Time that runs out, and callers who no longer want to wait. */
@Timeout(60)
@Execution(ExecutionMode.CONCURRENT)
class PatienceTest {
    private static final EmbeddingCreateParams PARAMS = EmbeddingCreateParams.of("m", "abc");
    private static final Duration SHORT = Duration.ofMillis(300);

    private final CountDownLatch hungUp = new CountDownLatch(1);

    private void awaitHangUp() throws InterruptedException {
        assertThat(hungUp.await(20, TimeUnit.SECONDS)).as("the client hangs up").isTrue();
    }

    /** Says nothing until the client hangs up. */
    private Line silence() {
        return (request, connection) -> {
            connection.awaitHangUp();
            hungUp.countDown();
        };
    }

    /** Begins a reply and says no more until the client hangs up. */
    private Line stall() {
        return (request, connection) -> {
            connection.send(chunked(200, "application/json"));
            connection.chunk("{\"object\":");
            connection.awaitHangUp();
            hungUp.countDown();
        };
    }

    /** A good reply, a letter at a time. */
    private static Line trickle(Duration pause) {
        return (request, connection) -> {
            String reply = ScriptedServer.vectors(request);
            connection.send(ScriptedServer.head(200, "application/json", "content-length: " + reply.length()));
            for (int i = 0; i < reply.length(); i++) {
                Thread.sleep(pause);
                connection.send(reply.substring(i, i + 1));
            }
        };
    }

    @Test
    void aReplyThatNeverBegins() throws Exception {
        try (ScriptedServer server = ScriptedServer.with(silence())) {
            Embeddings embeddings = server.client().timeout(SHORT).maxRetries(0).build().embeddings();
            assertThatThrownBy(() -> embeddings.create(PARAMS))
                    .isInstanceOf(ApiTimeoutException.class)
                    .hasMessage("no whole reply from " + server.url() + "/embeddings within 0.3 s");
            awaitHangUp();
        }
    }

    @Test
    void aReplyThatStalls() throws Exception {
        try (ScriptedServer server = ScriptedServer.with(stall())) {
            Embeddings embeddings = server.client().stallTimeout(SHORT).maxRetries(0).build().embeddings();
            assertThatThrownBy(() -> embeddings.create(PARAMS))
                    .isInstanceOf(ApiTimeoutException.class)
                    .hasMessage("the reply stalled: no byte came for 0.3 s");
            awaitHangUp();
        }
    }

    @Test
    void aStalledReplyIsAskedForAgain() {
        try (ScriptedServer server = ScriptedServer.with(stall(), ScriptedServer::embed)) {
            EmbeddingsReply reply = server.client().stallTimeout(SHORT).build().embeddings().create(PARAMS);
            assertThat(reply.data()).hasSize(1);
            assertThat(server.requests()).hasSize(2);
        }
    }

    @Test
    void aSlowReplyIsNotAStalledOne() {
        try (ScriptedServer server = ScriptedServer.with(trickle(Duration.ofMillis(10)))) {
            EmbeddingsReply reply =
                    server.client().stallTimeout(Duration.ofSeconds(1)).maxRetries(0).build().embeddings().create(PARAMS);
            assertThat(reply.data().getFirst().embedding()).containsExactly(3, 1);
        }
    }

    @Test
    void aSlowReplyMustStillEnd() {
        try (ScriptedServer server = ScriptedServer.with(trickle(Duration.ofMillis(50)))) {
            Embeddings embeddings = server.client().timeout(Duration.ofSeconds(1)).maxRetries(0).build().embeddings();
            assertThatThrownBy(() -> embeddings.create(PARAMS))
                    .isInstanceOf(ApiTimeoutException.class)
                    .hasMessageEndingWith(" within 1 s");
        }
    }

    @Test
    void aServerThatDoesNotTakeTheConnection() throws Exception {
        List<Socket> others = new ArrayList<>();
        try (ServerSocket full = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            // Linux takes one more than it is told, and then lets the others wait.
            for (int i = 0; i < 2; i++) {
                others.add(new Socket(full.getInetAddress(), full.getLocalPort()));
            }
            Models models = Tutti.builder()
                    .baseUrl("http://127.0.0.1:" + full.getLocalPort())
                    .connectTimeout(SHORT)
                    .maxRetries(0)
                    .build()
                    .models();
            assertThatThrownBy(models::list)
                    .isInstanceOf(ApiTimeoutException.class)
                    .hasMessageStartingWith("no connection to ");
        } finally {
            for (Socket other : others) {
                other.close();
            }
        }
    }

    @Test
    void cancellingEndsTheExchangeBeforeTheReply() throws Exception {
        try (ScriptedServer server = ScriptedServer.with(silence())) {
            CompletableFuture<EmbeddingsReply> reply = server.client().build().embeddings().createAsync(PARAMS);
            server.take();
            reply.cancel(true);
            awaitHangUp();
            assertThat(reply).isCancelled();
        }
    }

    @Test
    void cancellingEndsTheExchangeInTheMidstOfTheReply() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        Line line = (request, connection) -> {
            connection.send(chunked(200, "application/json"));
            connection.chunk("{\"object\":");
            begun.countDown();
            connection.awaitHangUp();
            hungUp.countDown();
        };
        try (ScriptedServer server = ScriptedServer.with(line)) {
            CompletableFuture<EmbeddingsReply> reply = server.client().build().embeddings().createAsync(PARAMS);
            assertThat(begun.await(20, TimeUnit.SECONDS)).isTrue();
            Thread.sleep(100);
            reply.cancel(true);
            awaitHangUp();
        }
    }

    @Test
    void aFutureOfTheCallersOwnTimeoutEndsTheExchangeToo() throws Exception {
        try (ScriptedServer server = ScriptedServer.with(silence())) {
            CompletableFuture<EmbeddingsReply> reply =
                    server.client().build().embeddings().createAsync(PARAMS).orTimeout(300, TimeUnit.MILLISECONDS);
            assertThatThrownBy(reply::get)
                    .isInstanceOf(ExecutionException.class)
                    .hasCauseInstanceOf(TimeoutException.class);
            awaitHangUp();
        }
    }

    @Test
    void cancellingInAPauseMeansNoFurtherTry() throws Exception {
        try (ScriptedServer server = ScriptedServer.with(json(503, "{}", "retry-after-ms: 2000"))) {
            CompletableFuture<EmbeddingsReply> reply = server.client().build().embeddings().createAsync(PARAMS);
            server.take();
            Thread.sleep(100);
            reply.cancel(false);
            Thread.sleep(2_500);
            assertThat(server.requests()).hasSize(1);
        }
    }

    @Test
    void anInterruptEndsTheExchange() throws Exception {
        try (ScriptedServer server = ScriptedServer.with(silence())) {
            AtomicReference<Throwable> fault = new AtomicReference<>();
            CountDownLatch stillInterrupted = new CountDownLatch(1);
            Thread caller = Thread.ofPlatform().start(() -> {
                fault.set(catchThrowable(() -> server.client().build().embeddings().create(PARAMS)));
                if (Thread.currentThread().isInterrupted()) {
                    stillInterrupted.countDown();
                }
            });
            server.take();
            caller.interrupt();
            awaitHangUp();
            caller.join();
            assertThat(fault.get()).isInstanceOf(ApiInterruptedException.class);
            assertThat(stillInterrupted.getCount()).isZero();
        }
    }

    @Test
    void callersInTheCommonPoolDoNotHoldUpEachOther() {
        Line busy = json(503, "{}", "retry-after-ms: 1");
        try (ScriptedServer server = ScriptedServer.with(busy, busy, busy, busy, ScriptedServer::embed)) {
            Embeddings embeddings = server.client().maxRetries(4).build().embeddings();
            List<EmbeddingsReply> replies = IntStream.range(0, 64)
                    .parallel()
                    .mapToObj(i -> embeddings.create(PARAMS))
                    .toList();
            assertThat(replies).hasSize(64);
        }
    }

    @Test
    void aFaultOfAnAsynchronousRequestIsNotWrapped() {
        try (ScriptedServer server = ScriptedServer.with(json(404, "{}"))) {
            CompletableFuture<EmbeddingsReply> reply = server.client().build().embeddings().createAsync(PARAMS);
            assertThatThrownBy(reply::get)
                    .isInstanceOf(ExecutionException.class)
                    .hasCauseInstanceOf(NotFoundException.class);
            AtomicReference<Throwable> seen = new AtomicReference<>();
            var _ = reply.whenComplete((value, thrown) -> seen.set(thrown));
            assertThat(seen.get()).isInstanceOf(NotFoundException.class);
        }
    }
}
