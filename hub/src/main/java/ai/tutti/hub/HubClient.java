package ai.tutti.hub;

import static java.util.Objects.requireNonNull;

import ai.tutti.engine.checkpoint.ModelLoadException;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpResponse.BodySubscribers;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The hub, over HTTP. It answers {@code /api/models/NAME/revision/REVISION} with a repository's commit and files, and
 * {@code /NAME/resolve/COMMIT/FILE} with a file: small ones itself, large ones by a redirect to where they are stored, with
 * their size and SHA-256 in the headers of the redirect.
 *
 * <p>What the hub refuses for good is a {@link ModelLoadException} with its true reason and the way out; where it cannot be
 * reached, or stays busy, a {@link HubUnreachableException}.
 */
final class HubClient implements AutoCloseable {
    private static final int LONGEST_LISTING = 32 << 20;
    private static final Pattern ETAG = Pattern.compile("\\w[\\w.-]{0,127}");
    private static final Pattern RANGE = Pattern.compile("bytes (\\d{1,18})-\\d+/(?:\\d+|\\*)");

    private final HubSettings settings;
    private final Retries retries;
    private final Progress progress;
    private final HttpClient http;
    private final Exchange exchange;

    HubClient(HubSettings settings, Retries retries, Progress progress) {
        this.settings = requireNonNull(settings, "settings is null");
        this.retries = requireNonNull(retries, "retries is null");
        this.progress = requireNonNull(progress, "progress is null");
        http = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1) // one connection a file: large files would share one of HTTP/2
                .followRedirects(HttpClient.Redirect.NEVER)
                .connectTimeout(settings.timeout())
                .proxy(settings.proxies().selector())
                .build();
        exchange = new Exchange(http, settings);
    }

    /**
     * A repository's commit and files.
     *
     * @throws ModelLoadException when there is no such repository or revision for this user
     * @throws HubUnreachableException when the hub cannot be asked
     */
    Listing list(RepositoryName repository, String revision) throws IOException {
        URI address = address("/api/models/" + repository + "/revision/" + encode(revision));
        byte[] body = retries.run(
                () -> {
                    HttpResponse<byte[]> response = exchange.get(
                            address, 0, BodyHandlers.limiting(BodyHandlers.ofByteArray(), LONGEST_LISTING));
                    requireSuccess(response, new Refusals(settings, repository, revision, null));
                    return response.body();
                },
                progress::note);
        try {
            JsonNode json = JsonMapper.shared().readTree(body);
            String commit = json.path("sha").asString("");
            Set<String> files = new HashSet<>();
            for (JsonNode file : json.path("siblings")) {
                files.add(inside(file.path("rfilename").asString(""), repository));
            }
            if (CachedRepository.isCommit(commit)) {
                return new Listing(commit, files);
            }
        } catch (JacksonException e) {
            throw notAHub(e);
        }
        throw notAHub(null);
    }

    /**
     * What a file is at a commit, without its content.
     *
     * @throws ModelLoadException when the hub refuses it
     * @throws HubUnreachableException when the hub cannot be asked
     */
    RemoteFile stat(RepositoryName repository, String commit, String path) throws IOException {
        HttpHeaders headers = retries.run(
                () -> {
                    HttpResponse<Void> response = exchange.head(file(repository, commit, path));
                    requireSuccess(response, new Refusals(settings, repository, commit, path));
                    return response.headers();
                },
                progress::note);
        String etag = headers.firstValue("x-linked-etag")
                .or(() -> headers.firstValue("etag"))
                .map(tag -> tag.replaceFirst("^W/", "").replace("\"", ""))
                .orElse("");
        long size = headers.firstValueAsLong("x-linked-size").orElseGet(() -> headers.firstValueAsLong("content-length")
                .orElse(-1));
        if (!ETAG.matcher(etag).matches() || size < 0) {
            throw new ModelLoadException("%s says neither how large %s of %s is nor what names its content (ETag): is it a hub?"
                    .formatted(settings.endpoint(), path, repository));
        }
        return new RemoteFile(path, etag, size);
    }

    /**
     * Fetches what is missing of a file. A failure that may pass leaves what has come so far.
     *
     * @throws ModelLoadException when the hub refuses it
     * @throws HubUnreachableException when the hub cannot be asked or the connection breaks time after time
     */
    void fetch(RepositoryName repository, String commit, PartialFile partial) throws IOException {
        String path = partial.remote().path();
        var refused = new Refusals(settings, repository, commit, path);
        var ranges = new AtomicBoolean(true);
        retries.run(
                () -> {
                    long before = partial.detach();
                    try {
                        HttpResponse<Void> response = exchange.get(file(repository, commit, path), before, into(partial));
                        if (response.statusCode() == 416 && ranges.getAndSet(false)) {
                            partial.restart();
                            throw new Retries.Passing("the hub cannot go on with " + path);
                        }
                        requireSuccess(response, refused);
                        if (partial.length() < partial.remote().size()) {
                            throw new Retries.Passing(path + " ended too soon");
                        }
                        return response;
                    } catch (Retries.Passing e) {
                        throw partial.length() > before ? e.afterProgress() : e;
                    }
                },
                progress::note);
    }

    private static BodyHandler<Void> into(PartialFile partial) {
        return response -> {
            boolean whole = response.statusCode() == 200;
            if (!whole && response.statusCode() != 206) {
                return BodySubscribers.discarding();
            }
            Matcher range = RANGE.matcher(response.headers().firstValue("content-range").orElse(""));
            long from = whole || !range.matches() ? 0 : Long.parseLong(range.group(1));
            return new PartialFile.Subscriber(partial, from);
        };
    }

    private void requireSuccess(HttpResponse<?> response, Refusals refusals) throws Retries.Passing {
        int status = response.statusCode();
        if (status == 408 || status == 429 || status >= 500) {
            throw new Retries.Passing(
                    settings.endpoint() + " answers " + busy(status), Refusals.wait(response.headers()), false);
        }
        if (status >= 400 || (status >= 300 && response.headers().firstValue("x-linked-etag").isEmpty())) {
            throw refusals.explain(status, response.headers());
        }
    }

    private String busy(int status) {
        if (status != 429) {
            return "" + status;
        }
        return settings.token() == null
                ? "429, too many requests (it takes more of them with a token, HF_TOKEN)"
                : "429, too many requests";
    }

    private String inside(String name, RepositoryName repository) {
        if (!Listing.isInside(name)) {
            throw new ModelLoadException("%s names a file of %s that would lie outside the model's folder, \"%s\": refused"
                    .formatted(settings.endpoint(), repository, Refusals.oneLine(name)));
        }
        return name;
    }

    private ModelLoadException notAHub(@Nullable Throwable cause) {
        String message = "%s does not answer as a hub does: look at HF_ENDPOINT and the proxy".formatted(settings.endpoint());
        return cause == null ? new ModelLoadException(message) : new ModelLoadException(message, cause);
    }

    private URI file(RepositoryName repository, String commit, String path) {
        return address("/" + repository + "/resolve/" + commit + "/"
                + Arrays.stream(path.split("/")).map(HubClient::encode).collect(Collectors.joining("/")));
    }

    private URI address(String path) {
        return URI.create(settings.endpoint() + path);
    }

    private static String encode(String part) {
        return URLEncoder.encode(part, StandardCharsets.UTF_8).replace("+", "%20");
    }

    @Override
    public void close() {
        http.shutdownNow();
        http.close();
    }
}
