package ai.tutti.server;

import static java.nio.charset.StandardCharsets.UTF_8;

import ai.tutti.api.ErrorReply;
import ai.tutti.api.Json;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Has chat completions answered by another server with the same API.
 *
 * <p>A request goes there with its own bytes but for the model's name, and none of its headers: the client's key is for this
 * server, the upstream gets one of its own. What comes back leaves piece by piece as it comes, whole lines of events at
 * once, and the next piece is taken when the last has left: a client that reads slowly slows the upstream down, one that
 * hangs up hangs the upstream up. Nothing of this touches the engine or waits in its queue.
 */
final class ChatUpstream {
    /** How many answers may be under way; each takes two sockets. */
    private static final int MOST = 4096;

    /** The longest answer in one piece. */
    private static final int LONGEST_REPLY = 64 << 20;

    /** How much of an error's body is looked at. */
    private static final int LONGEST_ERROR = 64 << 10;

    private static final Duration CONNECT = Duration.ofSeconds(10);

    /** Shorter than servers keep theirs, or a request could meet a connection that is just being closed. */
    private static final Duration KEEP_ALIVE = Duration.ofSeconds(4);

    private static final String EVENTS = "text/event-stream";
    private static final System.Logger LOG = System.getLogger(ChatUpstream.class.getName());

    private final ChatSettings settings;
    private final HttpClient client;
    private final Metrics metrics;
    private final AtomicInteger underWay = new AtomicInteger();
    private final String itself = "1.1 tutti-" + RequestId.create();

    /** The upstream that the settings name. */
    ChatUpstream(Vertx vertx, ChatSettings settings, Metrics metrics) {
        this.settings = settings;
        this.metrics = metrics;
        this.client = vertx.createHttpClient(
                new HttpClientOptions()
                        .setProtocolVersion(HttpVersion.HTTP_1_1)
                        .setConnectTimeout((int) Math.min(CONNECT.toMillis(), settings.timeout().toMillis()))
                        .setKeepAliveTimeout((int) KEEP_ALIVE.toSeconds()),
                new PoolOptions().setHttp1MaxSize(MOST));
        metrics.watchChat(underWay);
    }

    /** Whether a name is one of those that the settings map. */
    boolean knows(String model) {
        return settings.known(model) != null;
    }

    /**
     * Answers a call as the upstream answers it.
     *
     * @param request the request's body
     * @param model the model that it asks for
     * @throws ApiException with the upstream's own refusal; 502 when it gives no good answer, 504 when it gives none in time;
     *     503 when too many are under way
     */
    void answer(Call call, byte[] request, String model) throws InterruptedException {
        if (itself.equals(call.header("via"))) {
            throw ChatErrors.circle(settings);
        }
        if (underWay.incrementAndGet() > MOST) {
            underWay.decrementAndGet();
            throw ChatErrors.full(MOST);
        }
        try {
            forward(call, request, model);
        } catch (ApiException e) {
            metrics.chatFailed(e.status() < 500 ? "refused" : Objects.requireNonNullElse(e.code(), "other"));
            LOG.log(Level.INFO, "request {0}: {1}", call.id(), e.text());
            throw e;
        } finally {
            underWay.decrementAndGet();
        }
    }

    private void forward(Call call, byte[] request, String model) throws InterruptedException {
        String name = settings.known(model);
        String theirs = name == null ? null : settings.models().get(name);
        long began = System.nanoTime();
        try (UpstreamCall reply = open(call, theirs == null ? request : renamed(request, theirs))) {
            metrics.chatAnswered(Duration.ofNanos(System.nanoTime() - began));
            call.set("x-tutti-served-by", settings.servedBy(name));
            if (reply.status() < 200 || reply.status() > 299) {
                throw refusal(reply);
            }
            String type = reply.header("content-type");
            if (type != null && type.strip().toLowerCase(Locale.ROOT).startsWith(EVENTS)) {
                passOn(call, reply, theirs == null ? null : model, type);
            } else {
                byte[] whole = whole(reply, type);
                call.status(reply.status());
                call.reply(Call.JSON, theirs == null ? whole : renamed(whole, model));
            }
        }
    }

    private UpstreamCall open(Call call, byte[] body) throws InterruptedException {
        RequestOptions options = new RequestOptions()
                .setMethod(HttpMethod.POST)
                .setAbsoluteURI(settings.completions().toString())
                .putHeader("content-type", Call.JSON)
                .putHeader("accept", Call.JSON + ", " + EVENTS)
                .putHeader("user-agent", "tutti")
                .putHeader("x-request-id", call.id())
                .putHeader("via", itself);
        if (settings.apiKey() != null) {
            options.putHeader("authorization", "Bearer " + settings.apiKey());
        }
        try {
            return UpstreamCall.open(client, options, Buffer.buffer(body), call::releaseBody, settings.timeout());
        } catch (UpstreamException e) {
            throw ChatErrors.unreached(settings, e);
        }
    }

    private ApiException refusal(UpstreamCall reply) throws InterruptedException {
        try {
            return ChatErrors.refused(settings, reply.status(), reply.rest(LONGEST_ERROR), reply.header("retry-after"));
        } catch (UpstreamException e) {
            return ChatErrors.broken(settings, e);
        }
    }

    private byte[] whole(UpstreamCall reply, @Nullable String type) throws InterruptedException {
        try {
            byte[] whole = reply.rest(LONGEST_REPLY);
            if (!ModelField.isObject(whole)) {
                throw ChatErrors.notJson(settings, reply.status(), type);
            }
            return whole;
        } catch (UpstreamException e) {
            throw ChatErrors.broken(settings, e);
        }
    }

    /** Passes a stream of events on; one that breaks is broken here, too, with a last event that says why. */
    private void passOn(Call call, UpstreamCall reply, @Nullable String model, String type) throws InterruptedException {
        ChatEvents events = new ChatEvents(model);
        call.set("cache-control", "no-cache");
        call.set("x-accel-buffering", "no"); // or nginx would keep the events back
        ReplyBody body = call.replyBody(type);
        try {
            for (byte[] piece = reply.next(); piece != null; piece = reply.next()) {
                events.pass(piece, body);
                body.flushAll();
            }
            events.end(body);
        } catch (UpstreamException e) {
            ApiException fault = ChatErrors.broken(settings, e);
            body.writeBytes(lastEvent(call.id(), fault));
            body.flushAll();
            body.awaitSent();
            throw fault;
        }
        body.end();
    }

    private static byte[] lastEvent(String id, ApiException fault) {
        var detail = new ErrorReply.Detail(fault.text(), fault.type(), fault.param(), fault.code());
        return ("\n\ndata: " + Json.writeText(new ErrorReply(id, detail)) + "\n\n").getBytes(UTF_8);
    }

    private static byte[] renamed(byte[] json, String model) {
        ModelField field = ModelField.of(json);
        return field == null ? json : field.replacedBy(model);
    }
}
