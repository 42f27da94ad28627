package ai.tutti.hub;

import ai.tutti.engine.checkpoint.ModelLoadException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.channels.UnresolvedAddressException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * One request and what it is redirected to.
 *
 * <p>The token goes to the hub alone: a redirect to another scheme, host or port is followed without it, as addresses of
 * storage are signed by themselves, and a redirect from {@code https} to {@code http} is not followed. A body that stops
 * coming is given up after the timeout, like an answer that does not begin.
 */
final class Exchange {
    private static final int MOST_REDIRECTS = 10;
    private static final String AGENT = "tutti/" + version() + " java/" + Runtime.version().feature();

    private final HttpClient http;
    private final HubSettings settings;

    Exchange(HttpClient http, HubSettings settings) {
        this.http = http;
        this.settings = settings;
    }

    /** Asks for a body, from a byte on; nothing is written where the answer is no success. */
    <T> HttpResponse<T> get(URI address, long from, BodyHandler<T> body) throws IOException {
        return follow(address, from, "GET", body);
    }

    /** Asks for headers; those of a redirect that tells the stored content's name. */
    HttpResponse<Void> head(URI address) throws IOException {
        return follow(address, 0, "HEAD", BodyHandlers.discarding());
    }

    private <T> HttpResponse<T> follow(URI address, long from, String method, BodyHandler<T> body) throws IOException {
        URI target = address;
        for (int i = 0; i <= MOST_REDIRECTS; i++) {
            HttpResponse<T> response = once(target, from, method, body);
            String location = response.headers().firstValue("location").orElse("");
            boolean redirected = response.statusCode() / 100 == 3 && !location.isEmpty();
            boolean told = method.equals("HEAD") && response.headers().firstValue("x-linked-etag").isPresent();
            if (!redirected || told) {
                return response;
            }
            target = redirect(target, location);
        }
        throw new ModelLoadException(settings.endpoint() + " redirects in a circle: look at HF_ENDPOINT");
    }

    private URI redirect(URI from, String location) {
        try {
            URI target = from.resolve(location);
            boolean http = "http".equals(target.getScheme()) && !"https".equals(from.getScheme());
            if (target.getHost() != null && (http || "https".equals(target.getScheme()))) {
                return target;
            }
        } catch (IllegalArgumentException e) {
            throw new ModelLoadException(settings.endpoint() + " redirects to what is no address: look at HF_ENDPOINT", e);
        }
        throw new ModelLoadException("%s redirects to %s, which is not followed: look at HF_ENDPOINT"
                .formatted(settings.endpoint(), Refusals.oneLine(location)));
    }

    private <T> HttpResponse<T> once(URI target, long from, String method, BodyHandler<T> body) throws IOException {
        var request = HttpRequest.newBuilder(target)
                .method(method, HttpRequest.BodyPublishers.noBody())
                .header("user-agent", AGENT)
                .header("accept-encoding", "identity");
        if (from > 0) {
            request.header("range", "bytes=" + from + "-");
        }
        if (settings.token() != null && isHub(target)) {
            request.header("authorization", "Bearer " + settings.token());
        }
        var watch = new Watch();
        return await(http.sendAsync(request.build(), watch.over(body)), watch, target);
    }

    private boolean isHub(URI target) {
        URI hub = settings.endpoint();
        return hub.getScheme().equalsIgnoreCase(target.getScheme())
                && hub.getHost().equalsIgnoreCase(target.getHost())
                && port(hub) == port(target);
    }

    private static int port(URI address) {
        return address.getPort() >= 0 ? address.getPort() : "https".equalsIgnoreCase(address.getScheme()) ? 443 : 80;
    }

    private <T> T await(CompletableFuture<T> answer, Watch watch, URI target) throws IOException {
        while (true) {
            Duration left = settings.timeout().minus(watch.silence());
            try {
                return answer.get(Math.max(1, left.toMillis()), TimeUnit.MILLISECONDS);
            } catch (TimeoutException e) {
                if (watch.silence().compareTo(settings.timeout()) >= 0) {
                    answer.cancel(true);
                    throw passing("%s has been silent for %d s".formatted(name(target), settings.timeout().toSeconds()));
                }
            } catch (ExecutionException e) {
                throw explain(e.getCause(), target);
            } catch (InterruptedException e) {
                answer.cancel(true);
                Thread.currentThread().interrupt();
                throw new InterruptedIOException("interrupted");
            }
        }
    }

    private static IOException explain(@Nullable Throwable cause, URI target) {
        String name = name(target);
        return switch (cause) {
            case PartialFile.WriteException e -> e;
            case Retries.Passing e -> e;
            case HttpConnectTimeoutException _ -> passing("%s cannot be reached".formatted(name));
            case ConnectException e when e.getCause() instanceof UnresolvedAddressException ->
                passing("%s cannot be found (no such host, or no network)".formatted(target.getHost()));
            case ConnectException _ -> passing("%s cannot be reached (connection refused)".formatted(name));
            case SSLException e -> passing("%s cannot be trusted (%s)".formatted(name, Refusals.oneLine("" + e.getMessage())));
            case IOException e -> passing("%s broke off (%s)".formatted(name, Refusals.oneLine("" + e.getMessage())));
            case null, default -> throw new IllegalStateException(cause);
        };
    }

    private static Retries.Passing passing(String message) {
        return new Retries.Passing(message, Duration.ZERO, false);
    }

    private static String name(URI target) {
        return target.getScheme() + "://" + target.getAuthority();
    }

    private static String version() {
        @Nullable String version = Exchange.class.getPackage().getImplementationVersion();
        return version == null ? "dev" : version;
    }
}
