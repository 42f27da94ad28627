package ai.tutti.server;

import static java.util.Objects.requireNonNull;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/** An answer that is an error: status, the envelope's fields, and headers. Thrown anywhere in a request's work. */
final class ApiException extends RuntimeException {
    private final int status;
    private final String type;
    private final @Nullable String param;
    private final @Nullable String code;
    private final Map<String, String> headers;

    ApiException(
            int status,
            String type,
            @Nullable String param,
            @Nullable String code,
            String message,
            Map<String, String> headers) {
        super(requireNonNull(message, "message is null"), null, false, false);
        this.status = status;
        this.type = requireNonNull(type, "type is null");
        this.param = param;
        this.code = code;
        this.headers = Map.copyOf(headers);
    }

    int status() {
        return status;
    }

    String type() {
        return type;
    }

    @Nullable String param() {
        return param;
    }

    @Nullable String code() {
        return code;
    }

    Map<String, String> headers() {
        return headers;
    }

    String text() {
        return requireNonNull(getMessage(), "message is null");
    }
}
