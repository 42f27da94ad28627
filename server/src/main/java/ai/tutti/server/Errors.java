package ai.tutti.server;

import ai.tutti.api.InvalidJsonException;
import ai.tutti.engine.schedule.DeadlineExceededException;
import ai.tutti.engine.schedule.QueueFullException;
import ai.tutti.engine.text.InvalidInputException;
import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Every error that the server answers with. {@code retry-after} is spelt in lower case because Together's first Python SDK
 * finds it under no other spelling; {@code code} is a string or null because that SDK breaks on numbers.
 */
final class Errors {
    private static final String INVALID_REQUEST = "invalid_request_error";
    private static final String SERVICE_UNAVAILABLE = "service_unavailable";

    private static final Map<String, String> NOT_AGAIN = Map.of("x-should-retry", "false");

    /** How many characters of an unknown name a message repeats. */
    private static final int SHOWN = 200;

    private Errors() {}

    static ApiException invalid(@Nullable String param, String message) {
        return new ApiException(400, INVALID_REQUEST, param, null, message, Map.of());
    }

    static ApiException malformedHttp(int status, String message) {
        return new ApiException(status, INVALID_REQUEST, null, "malformed_http", message, Map.of("connection", "close"));
    }

    static ApiException unauthorized(String message) {
        return new ApiException(
                401, INVALID_REQUEST, null, "invalid_api_key", message, Map.of("www-authenticate", "Bearer"));
    }

    static ApiException unknownPath(String method, String path) {
        return new ApiException(
                404, INVALID_REQUEST, null, "not_found", "there is no " + method + " " + path + " here", Map.of());
    }

    static ApiException unknownModel(String name, Collection<String> served) {
        String message = "the model `%s` is not served here; served: %s".formatted(shorten(name), String.join(", ", served));
        return new ApiException(404, INVALID_REQUEST, "model", "model_not_found", message, Map.of());
    }

    static ApiException methodNotAllowed(String method, String allowed) {
        return new ApiException(
                405,
                INVALID_REQUEST,
                null,
                "method_not_allowed",
                method + " is not allowed here; allowed: " + allowed,
                Map.of("allow", allowed));
    }

    static ApiException uploadStalled(Duration patience) {
        return new ApiException(
                408,
                INVALID_REQUEST,
                null,
                "upload_stalled",
                "no byte of the body arrived for " + patience.toSeconds() + " seconds",
                Map.of("connection", "close"));
    }

    static ApiException bodyTooLarge(long limit) {
        return new ApiException(
                413,
                INVALID_REQUEST,
                null,
                "request_too_large",
                "the body is larger than %d bytes, the limit of this server; send fewer texts a request".formatted(limit),
                Map.of("connection", "close"));
    }

    static ApiException tooManyValues(@Nullable String field, long limit) {
        return invalid(
                field,
                "%s more than %d JSON values, the limit of this server; send fewer a request"
                        .formatted(bodyHas(field), limit));
    }

    /** Objects that the heap could not hold even if there were no other requests. */
    static ApiException valuesTooLarge(@Nullable String field) {
        String message = bodyHas(field)
                + " more JSON values than the server's Java heap has room for; send fewer a request, or give the server a larger"
                + " heap with JAVA_OPTS=-Xmx…";
        return new ApiException(413, INVALID_REQUEST, field, "request_too_large", message, Map.of());
    }

    private static String bodyHas(@Nullable String field) {
        return field == null ? "the body has" : "with `" + field + "` the body has";
    }

    static ApiException unsupportedMediaType(String message) {
        return new ApiException(415, INVALID_REQUEST, null, "unsupported_media_type", message, Map.of());
    }

    static ApiException unavailable(String code, String message, Duration retryAfter) {
        return new ApiException(503, SERVICE_UNAVAILABLE, null, code, message, retryAfter(retryAfter));
    }

    /** A model that cannot be loaded; to ask again at once leads nowhere. */
    static ApiException loadFailed(String model, String reason, Duration retryAfter) {
        String message = "the model `%s` cannot be loaded: %s".formatted(model, reason);
        Map<String, String> headers = new TreeMap<>(retryAfter(retryAfter));
        headers.put("x-should-retry", "false");
        return new ApiException(503, SERVICE_UNAVAILABLE, "model", "model_load_failed", message, headers);
    }

    /** The server is being stopped. */
    static ApiException closing() {
        return unavailable("closing", "the server is being stopped", Duration.ofSeconds(1));
    }

    static ApiException adminOff() {
        return new ApiException(
                403,
                INVALID_REQUEST,
                null,
                "admin_off",
                "the admin routes are closed: start the server with --admin-key KEY to open them",
                Map.of());
    }

    /** What any exception out of a request's work is to its caller; null for a fault of ours. */
    static @Nullable ApiException expected(Throwable fault) {
        return switch (fault) {
            case ApiException exception -> exception;
            case InvalidJsonException invalid -> invalid(invalid.field(), message(invalid));
            case InvalidInputException invalid -> invalid(invalid.field(), message(invalid));
            case QueueFullException full ->
                new ApiException(
                        429, "rate_limit_error", null, "queue_full", message(full), retryAfter(full.retryAfter()));
            case DeadlineExceededException late -> deadlineExceeded(late.allowed(), NOT_AGAIN);
            case OutOfMemoryError _ ->
                unavailable(
                        "out_of_memory", "the server's memory has no room for this request now", Duration.ofSeconds(2));
            default -> null;
        };
    }

    /** A body that is still arriving when its request's time is over. */
    static ApiException uploadTooLate(Duration allowed) {
        return deadlineExceeded(allowed, Map.of("x-should-retry", "false", "connection", "close"));
    }

    private static ApiException deadlineExceeded(Duration allowed, Map<String, String> headers) {
        String message = ("the answer was not ready within %d ms, the time that this request had (header %s, or the server's"
                        + " --timeout)")
                .formatted(allowed.toMillis(), TimeLimit.HEADER);
        return new ApiException(504, "timeout_error", null, "deadline_exceeded", message, headers);
    }

    static ApiException internal(String requestId) {
        return new ApiException(
                500, "server_error", null, null, "an error of the server; its log has more under " + requestId, Map.of());
    }

    /** Whole seconds, at least one and at most a minute: SDKs ignore longer ones. */
    private static Map<String, String> retryAfter(Duration duration) {
        long seconds = Math.clamp(duration.plusMillis(999).toSeconds(), 1, 60);
        return Map.of("retry-after", Long.toString(seconds));
    }

    private static String message(Throwable fault) {
        return Objects.requireNonNullElse(fault.getMessage(), fault.getClass().getSimpleName());
    }

    /** What a caller sent, as messages repeat it. */
    static String shorten(String name) {
        return name.codePointCount(0, name.length()) <= SHOWN
                ? name
                : name.substring(0, name.offsetByCodePoints(0, SHOWN)) + "…";
    }
}
