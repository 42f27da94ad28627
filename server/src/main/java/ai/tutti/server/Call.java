package ai.tutti.server;

import ai.tutti.api.Json;
import ai.tutti.engine.schedule.Deadline;
import ai.tutti.engine.schedule.DeadlineExceededException;
import ai.tutti.engine.schedule.Terms;
import ai.tutti.engine.schedule.Timings;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One request and its reply, as the endpoints see them. */
final class Call {
    static final String JSON = "application/json";

    private final RoutingContext context;
    private final Patience patience;

    Call(RoutingContext context, Patience patience) {
        this.context = context;
        this.patience = patience;
    }

    /** The request's id, as the reply's header {@code x-request-id} says it. */
    String id() {
        return RequestId.of(context);
    }

    /** What the request has been through. */
    Timeline timeline() {
        return Timeline.of(context);
    }

    /** When the request's answer is worth nothing any more; null: never. */
    @Nullable Deadline deadline() {
        return TimeLimit.of(context);
    }

    /** On what terms the request's work is done. */
    Terms terms() {
        return new Terms(Limits.lane(this), Caller.of(context), deadline());
    }

    /**
     * Does something that knows no deadlines within the request's.
     *
     * @throws DeadlineExceededException when it has passed
     */
    <T> T inTime(Alarm.Work<T> work) throws InterruptedException {
        return Alarm.within(context.vertx(), deadline(), context.response()::closed, work);
    }

    /** A header of the request. */
    @Nullable String header(String name) {
        return context.request().getHeader(name);
    }

    /** A parameter of the query string. */
    @Nullable String parameter(String name) {
        List<String> values = context.queryParam(name);
        return values.isEmpty() ? null : values.getFirst();
    }

    /** What follows the route's fixed part in the path, decoded: {@code BAAI%2Fbge} and {@code BAAI/bge} are the same. */
    String pathRest() {
        return PathRest.of(context);
    }

    /** The request's body, which can be taken once. */
    <T> T body(Class<T> type) {
        return Json.readRequest(UploadReader.takeBody(context), type);
    }

    /** The request's body as it came, which can be taken once. */
    byte[] body() {
        return UploadReader.takeBody(context);
    }

    /** Says that the body is no longer held, though the call goes on; see {@link UploadReader#release}. */
    void releaseBody() {
        UploadReader.release(context);
    }

    /** Sets the status of the reply, which is 200 without that. */
    void status(int code) {
        context.response().setStatusCode(code);
    }

    /** Sets a header of the reply. */
    void set(String name, String value) {
        context.response().putHeader(name, value);
    }

    /** Replies with a value's JSON. */
    void reply(Object value) {
        reply(JSON, Json.write(value));
    }

    /** Replies with a body as it is. */
    void reply(String contentType, byte[] body) {
        context.response().putHeader("content-type", contentType).end(Buffer.buffer(body));
    }

    /** A reply whose body is written bit by bit. */
    ReplyBody replyBody() {
        return replyBody(JSON);
    }

    /** A reply of some type whose body is written bit by bit. */
    ReplyBody replyBody(String contentType) {
        context.response().putHeader("content-type", contentType);
        return new ReplyBody(context.request(), patience, this::beginReply);
    }

    /** As late as can be, so that the header knows all that can be known; what comes after the first byte it cannot say. */
    private void beginReply() {
        if (timeline().work() != null) {
            set("server-timing", timeline().serverTiming());
            Timings timings = timeline().timings();
            if (timings != null && timings.cachedTexts() > 0) {
                set("x-tutti-cached-texts", Long.toString(timings.cachedTexts()));
            }
        }
        timeline().begin(Stage.WRITE);
    }
}
