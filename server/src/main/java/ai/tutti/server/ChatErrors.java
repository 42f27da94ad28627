package ai.tutti.server;

import static java.nio.charset.StandardCharsets.UTF_8;

import ai.tutti.api.Json;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * The errors of chat completions. What the upstream refuses in a request (4xx) is passed on with its status and message; what is
 * the upstream's own failing is a 502 that names it, or a 504 when it took too long. A refusal of the key is no 401:
 * that key is this server's, not the client's, and no other key of the client's would help.
 */
final class ChatErrors {
    private static final String INVALID_REQUEST = "invalid_request_error";
    private static final String UPSTREAM = "upstream_error";
    private static final Map<String, String> NOT_AGAIN = Map.of("x-should-retry", "false");

    /** How many characters of an upstream's message are repeated. */
    private static final int SHOWN = 2000;

    private ChatErrors() {}

    static ApiException off() {
        return new ApiException(
                400,
                INVALID_REQUEST,
                null,
                "chat_off",
                "no chat model answers here: start the server with --chat-upstream URL, the base URL of a server with OpenAI's"
                        + " API (Together, llama.cpp, Ollama, vLLM)",
                Map.of());
    }

    static ApiException cannotChat(String model) {
        return Errors.invalid("model", "the model `" + model + "` embeds or reranks; it cannot chat");
    }

    static ApiException full(int most) {
        return Errors.unavailable("chat_full", most + " chat completions are under way already", Duration.ofSeconds(2));
    }

    static ApiException circle(ChatSettings settings) {
        return bad("chat_upstream_circle", settings, "leads back to this server; set --chat-upstream to another", NOT_AGAIN);
    }

    /** No reply began. */
    static ApiException unreached(ChatSettings settings, UpstreamException fault) {
        return switch (fault.getCause()) {
            case TimeoutException silent -> late(settings);
            case io.netty.channel.ConnectTimeoutException slow -> late(settings, "could not be connected to in time");
            case ConnectException refused -> bad("chat_upstream_unreachable", settings, "refuses the connection", Map.of());
            case UnknownHostException unknown -> bad("chat_upstream_unreachable", settings, "is no known host", NOT_AGAIN);
            case SSLException tls ->
                bad("chat_upstream_unreachable", settings, "cannot be trusted or speaks no TLS: " + line(tls), NOT_AGAIN);
            case null, default ->
                bad("chat_upstream_broken", settings, "closed the connection before it answered", Map.of());
        };
    }

    /** A reply began and did not end. */
    static ApiException broken(ChatSettings settings, UpstreamException fault) {
        return fault.getCause() instanceof TimeoutException
                ? late(settings)
                : bad("chat_upstream_broken", settings, "broke off its answer", Map.of());
    }

    /** It answered with success, but with something else than an answer. */
    static ApiException notJson(ChatSettings settings, int status, @Nullable String type) {
        String what = "answered %d with %s and not with JSON; --chat-upstream must be the base URL of an API like OpenAI's"
                .formatted(status, type == null ? "something" : line(type));
        return bad("chat_upstream_not_json", settings, what, NOT_AGAIN);
    }

    /** It answered with an error. */
    static ApiException refused(ChatSettings settings, int status, byte[] body, @Nullable String retryAfter) {
        JsonNode json = json(new String(body, UTF_8));
        String key = settings.apiKey();
        String message = json == null ? null : message(json, key);
        Map<String, String> headers = retryAfter == null ? Map.of() : Map.of("retry-after", retryAfter);
        if (status == 401 || status == 407) {
            String what = "refuses the key that this server has for it (--chat-api-key; the client's own key is not sent there)";
            return bad("chat_upstream_key", settings, what + said(message), NOT_AGAIN);
        }
        if (status >= 500) {
            return bad("chat_upstream_failed", settings, "answered " + status + said(message), headers);
        }
        if (status < 400) {
            String what = "answered %d; --chat-upstream must be the base URL itself, not one that leads to it".formatted(status);
            return bad("chat_upstream_redirect", settings, what, NOT_AGAIN);
        }
        if (message == null) {
            message = "the chat upstream %s answered %d without saying why in JSON; is --chat-upstream the base URL of an API like OpenAI's?"
                    .formatted(settings.where(), status);
        }
        JsonNode error = json == null ? null : json.path("error").isObject() ? json.path("error") : json;
        return new ApiException(
                status,
                Objects.requireNonNullElse(text(error, "type", key), INVALID_REQUEST),
                text(error, "param", key),
                text(error, "code", key),
                message,
                headers);
    }

    private static ApiException late(ChatSettings settings) {
        return late(settings, "was silent for %s s (--chat-timeout)".formatted(seconds(settings.timeout())));
    }

    private static ApiException late(ChatSettings settings, String what) {
        return new ApiException(504, UPSTREAM, null, "chat_upstream_timeout", sentence(settings, what), NOT_AGAIN);
    }

    private static ApiException bad(String code, ChatSettings settings, String what, Map<String, String> headers) {
        return new ApiException(502, UPSTREAM, null, code, sentence(settings, what), new TreeMap<>(headers));
    }

    private static String sentence(ChatSettings settings, String what) {
        return "the chat upstream " + settings.where() + " " + what;
    }

    private static String said(@Nullable String message) {
        return message == null ? "" : ": " + message;
    }

    /**
     * Servers repeat a key that they refuse, and it is not the client's to know.
     *
     * @param text a string of theirs, or JSON as Jackson writes it: in their own they may escape whatever they like
     */
    private static String withoutKey(String text, @Nullable String key) {
        if (key == null || key.isEmpty()) {
            return text;
        }
        String quoted = Json.writeText(key);
        return text.replace(key, "***").replace(quoted.substring(1, quoted.length() - 1), "***");
    }

    private static @Nullable JsonNode json(String body) {
        try {
            return Json.mapper().readTree(body);
        } catch (JacksonException e) {
            return null;
        }
    }

    /** What an error says: OpenAI's {@code error.message}, Ollama's {@code error}, FastAPI's {@code detail}, vLLM's {@code message}. */
    private static @Nullable String message(JsonNode json, @Nullable String key) {
        for (JsonNode node : new JsonNode[] {json.at("/error/message"), json.path("error"), json.path("message"), json.path("detail")}) {
            if (node.isString() && !node.asString().isBlank()) {
                return line(withoutKey(node.asString(), key));
            }
            if (node.isContainer() && !node.isEmpty()) {
                return line(withoutKey(node.toString(), key));
            }
        }
        return null;
    }

    private static @Nullable String text(@Nullable JsonNode error, String field, @Nullable String key) {
        JsonNode value = error == null ? null : error.get(field);
        return value == null || !value.isValueNode() || value.isNull() ? null : line(withoutKey(value.asString(), key));
    }

    /** What lies deepest says most: outside it is only that a connection failed. */
    private static String line(Throwable fault) {
        if (fault.getCause() != null) {
            return line(fault.getCause());
        }
        return line(Objects.requireNonNullElse(fault.getMessage(), fault.getClass().getSimpleName()));
    }

    /** As one line that is not too long. */
    private static String line(String text) {
        String line = text.strip().replaceAll("\\s*\\R\\s*", " ");
        return line.length() <= SHOWN ? line : line.substring(0, SHOWN) + "…";
    }

    private static String seconds(Duration duration) {
        return duration.toMillis() % 1000 == 0 ? Long.toString(duration.toSeconds()) : Double.toString(duration.toMillis() / 1e3);
    }
}
