package ai.tutti.server;

import static java.util.Objects.requireNonNull;

import java.net.URI;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Who answers chat completions: a server elsewhere with OpenAI's API, such as Together's own, llama.cpp, Ollama or vLLM.
 *
 * @param upstream the base URL of that API, as its SDKs' users write it; null: nobody answers. Where it has no path,
 *     {@code /v1} is meant
 * @param apiKey the key that the upstream wants; null: none
 * @param models names that clients ask for, each with the upstream's own; other names go to the upstream as they are
 * @param timeout how long the upstream may be silent: before the first byte of its answer, and between one piece and the next
 */
public record ChatSettings(
        @Nullable URI upstream, @Nullable String apiKey, Map<String, String> models, Duration timeout) {
    /** Nobody answers. */
    public static final ChatSettings DEFAULT = new ChatSettings(null, null, Map.of(), Duration.ofMinutes(10));

    private static final String PATH = "/chat/completions";

    public ChatSettings {
        models = Collections.unmodifiableMap(new LinkedHashMap<>(models));
        requireNonNull(timeout, "timeout is null");
        if (timeout.toMillis() < 1) {
            throw new IllegalArgumentException("the timeout must be at least 1 ms, not " + timeout);
        }
        if (upstream == null) {
            if (apiKey != null || !models.isEmpty()) {
                throw new IllegalArgumentException("a key or names for a chat upstream, but no upstream");
            }
        } else {
            upstream = base(upstream);
        }
    }

    private static URI base(URI url) {
        if (!"http".equalsIgnoreCase(url.getScheme()) && !"https".equalsIgnoreCase(url.getScheme())) {
            throw new IllegalArgumentException("the chat upstream must begin with http:// or https://");
        }
        if (url.getHost() == null || url.getHost().isEmpty() || url.getPort() > 65_535) {
            throw new IllegalArgumentException("the chat upstream must name a host");
        }
        if (url.getRawUserInfo() != null || url.getRawQuery() != null || url.getRawFragment() != null) {
            throw new IllegalArgumentException("the chat upstream must be a plain URL, without user, query or fragment");
        }
        String path = url.getRawPath().replaceAll("/+$", "");
        if (path.endsWith(PATH)) {
            path = path.substring(0, path.length() - PATH.length());
        }
        return URI.create(url.getScheme() + "://" + url.getRawAuthority() + (path.isEmpty() ? "/v1" : path));
    }

    /** The upstream's host and port, for people. Only where there is an upstream. */
    String where() {
        return requireUpstream().getRawAuthority();
    }

    /** Which model of the upstream's answers to a known name, or for null who answers; as a header may say it. */
    String servedBy(@Nullable String known) {
        String served = known == null ? where() : models.get(known) + " at " + where();
        return served.replaceAll("[^ -~]", "?");
    }

    /** Where chat completions are asked for. Only where there is an upstream. */
    URI completions() {
        return URI.create(requireUpstream() + PATH);
    }

    private URI requireUpstream() {
        return requireNonNull(upstream, "there is no upstream");
    }

    /** The name among {@link #models} that is meant, whatever its case; null when none is. */
    @Nullable String known(String name) {
        if (models.containsKey(name)) {
            return name;
        }
        return models.keySet().stream().filter(name::equalsIgnoreCase).findFirst().orElse(null);
    }

    /** Without the key: settings are printed where people look for faults. */
    @Override
    public String toString() {
        return "ChatSettings[upstream=%s, models=%s, timeout=%s]".formatted(upstream, models, timeout);
    }
}
