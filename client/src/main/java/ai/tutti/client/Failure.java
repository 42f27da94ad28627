package ai.tutti.client;

import ai.tutti.api.Json;
import java.net.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * An error reply, whoever wrote it: Together's envelope {@code {"error": {message, type, param, code}}}, and what gateways
 * and other servers say in its place.
 *
 * @param status the HTTP status
 * @param message the envelope's, or what there is in its place
 */
record Failure(
        int status,
        HttpHeaders headers,
        String message,
        @Nullable String type,
        @Nullable String code,
        @Nullable String param,
        @Nullable String requestId) {
    /** How much of a reply that is no envelope a message repeats. */
    private static final int SHOWN = 200;

    static Failure of(int status, HttpHeaders headers, byte[] body) {
        JsonNode tree = tree(body);
        JsonNode error = tree.path("error");
        String message = firstText(error.path("message"), error, tree.path("message"), tree.path("detail"));
        return new Failure(
                status,
                headers,
                message == null ? outline(status, headers, body) : message,
                text(error.path("type")),
                text(error.path("code")),
                text(error.path("param")),
                requestId(headers, tree));
    }

    private static JsonNode tree(byte[] body) {
        try {
            return Json.mapper().readTree(body);
        } catch (JacksonException e) {
            return Json.mapper().missingNode();
        }
    }

    private static @Nullable String requestId(HttpHeaders headers, JsonNode tree) {
        Optional<String> header = headers.firstValue("x-request-id").or(() -> headers.firstValue("cf-ray"));
        return header.isPresent() ? header.get() : text(tree.path("id"));
    }

    private static @Nullable String firstText(JsonNode... nodes) {
        for (JsonNode node : nodes) {
            if (node.isString() && !node.stringValue().isBlank()) {
                return node.stringValue();
            }
        }
        return null;
    }

    /** A code may be a number where it should be a string. */
    private static @Nullable String text(JsonNode node) {
        return node.isValueNode() && !node.isNull() ? node.asString() : null;
    }

    private static String outline(int status, HttpHeaders headers, byte[] body) {
        Optional<String> elsewhere = headers.firstValue("location");
        if (status / 100 == 3 && elsewhere.isPresent()) {
            return "the service has moved to " + elsewhere.get() + "; make that the base URL";
        }
        String text = start(body);
        return text.isEmpty() ? "status " + status + " without a word" : "status " + status + ": " + text;
    }

    /** The beginning of a body, for a message. */
    static String start(byte[] body) {
        String text = new String(body, 0, Math.min(body.length, 4 * (SHOWN + 1)), StandardCharsets.UTF_8).strip();
        int end = text.offsetByCodePoints(0, Math.min(SHOWN, text.codePointCount(0, text.length())));
        return end == text.length() ? text : text.substring(0, end) + "…";
    }
}
