package ai.tutti.hub;

import static java.nio.charset.StandardCharsets.US_ASCII;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A small hub on this machine that speaks the hub's protocol over real HTTP: it answers small files itself, and sends whoever
 * wants a large one to a storage on another port, by an address that is signed for one minute. Faults can be arranged.
 */
final class LoopbackHub implements AutoCloseable {
    /** From this size on, a file lies in the storage. */
    static final int LARGE = 20_000;

    private static final Pattern LISTING = Pattern.compile("/api/models/(.+?)/revision/(.+)");
    private static final Pattern FILE = Pattern.compile("/(.+?)/resolve/([^/]+)/(.+)");
    private static final Pattern RANGE = Pattern.compile("bytes=(\\d+)-");

    /** What was asked. */
    record Request(String server, String method, String path, Headers headers) {}

    /** An answer instead of the usual one. */
    @FunctionalInterface
    interface Fault {
        /** Whether it answered; otherwise the usual answer follows. */
        boolean answer(HttpExchange exchange) throws IOException;
    }

    private record Planned(Pattern paths, Fault fault) {}

    private final HttpServer hub = server();
    private final HttpServer storage = server();
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final Map<String, Map<String, byte[]>> repositories = new ConcurrentHashMap<>();
    private final Map<String, String> renamed = new ConcurrentHashMap<>();
    private final Map<String, String> wrongNames = new ConcurrentHashMap<>();
    private final Map<String, Long> wrongSizes = new ConcurrentHashMap<>();
    private final ConcurrentLinkedQueue<Planned> faults = new ConcurrentLinkedQueue<>();
    private final List<Request> requests = new CopyOnWriteArrayList<>();

    LoopbackHub() throws IOException {
        hub.createContext("/", exchange -> answer("hub", exchange));
        storage.createContext("/", exchange -> answer("storage", exchange));
        for (HttpServer server : List.of(hub, storage)) {
            server.setExecutor(threads);
            server.start();
        }
    }

    private static HttpServer server() throws IOException {
        return HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    }

    URI endpoint() {
        return URI.create("http://127.0.0.1:" + hub.getAddress().getPort());
    }

    /** Settings that find this hub. */
    HubSettings settings(Path cache) {
        return settings(cache, Map.of());
    }

    HubSettings settings(Path cache, Map<String, String> more) {
        var environment = new TreeMap<>(Map.of(
                "HF_ENDPOINT", endpoint().toString(), "HF_HUB_CACHE", cache.toString(), "HF_HOME", cache + ".home",
                "HF_HUB_DOWNLOAD_TIMEOUT", "2"));
        environment.putAll(more);
        return HubSettings.of(environment);
    }

    /** Publishes a repository, or a new commit of one. */
    void publish(String name, Map<String, byte[]> files) {
        repositories.put(name, new TreeMap<>(files));
    }

    void rename(String old, String name) {
        renamed.put(old, name);
    }

    /** Says that a file's content has another hash than it has. */
    void misname(String file, String etag) {
        wrongNames.put(file, etag);
    }

    /** Says that a file has another size than it has. */
    void missize(String file, long size) {
        wrongSizes.put(file, size);
    }

    /** The next request whose path fits gets this answer; faults for the same path follow each other. */
    void next(String paths, Fault fault) {
        faults.add(new Planned(Pattern.compile(paths), fault));
    }

    /** A status with headers, by name and value. */
    static Fault status(int status, String... headers) {
        return exchange -> {
            for (int i = 0; i < headers.length; i += 2) {
                exchange.getResponseHeaders().set(headers[i], headers[i + 1]);
            }
            exchange.sendResponseHeaders(status, -1);
            exchange.close();
            return true;
        };
    }

    /** The usual answer once a latch is open. */
    static Fault once(CountDownLatch latch) {
        return exchange -> {
            try {
                var _ = latch.await(1, TimeUnit.MINUTES);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            return false;
        };
    }

    /** The usual answer after a pause. */
    static Fault after(Duration pause) {
        return exchange -> {
            try {
                Thread.sleep(pause);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            return false;
        };
    }

    /** Lets so many bytes through and breaks the connection. */
    static Fault cut(int bytes) {
        return exchange -> {
            exchange.setAttribute("cut", bytes);
            return false;
        };
    }

    /** Lets so many bytes through and sends nothing more. */
    static Fault stall(int bytes, Duration pause) {
        return exchange -> {
            exchange.setAttribute("cut", bytes);
            exchange.setAttribute("stall", pause);
            return false;
        };
    }

    /** Sends everything, whatever range was asked for. */
    static Fault ignoringRanges() {
        return exchange -> {
            exchange.getRequestHeaders().remove("range");
            return false;
        };
    }

    List<Request> requests() {
        return requests;
    }

    /** The bodies of files that were asked for, by name. */
    List<String> fetched() {
        return requests.stream()
                .filter(request -> request.method().equals("GET") && !request.path().startsWith("/api/"))
                .filter(request -> request.server().equals("storage") || !isLarge(request.path()))
                .map(request -> request.path().replaceFirst("^.*/resolve/[^/]+/", ""))
                .toList();
    }

    private boolean isLarge(String path) {
        Matcher file = FILE.matcher(path);
        return file.matches() && content(file).length >= LARGE;
    }

    String commit(String name) {
        var content = files(name).entrySet().stream()
                .map(entry -> entry.getKey() + hash("SHA-1", entry.getValue()))
                .collect(Collectors.joining());
        return hash("SHA-1", content.getBytes(US_ASCII));
    }

    /** The name of a file's content. */
    static String etag(byte[] content) {
        if (content.length >= LARGE) {
            return hash("SHA-256", content);
        }
        byte[] head = ("blob " + content.length + "\0").getBytes(US_ASCII);
        byte[] whole = new byte[head.length + content.length];
        System.arraycopy(head, 0, whole, 0, head.length);
        System.arraycopy(content, 0, whole, head.length, content.length);
        return hash("SHA-1", whole);
    }

    private static String hash(String algorithm, byte[] content) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance(algorithm).digest(content));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private void answer(String server, HttpExchange exchange) throws IOException {
        String path = exchange.getRequestURI().getPath();
        var headers = new Headers();
        headers.putAll(exchange.getRequestHeaders());
        requests.add(new Request(server, exchange.getRequestMethod(), path, headers));
        for (Planned planned : faults) {
            if (planned.paths().matcher(exchange.getRequestMethod() + " " + server + " " + path).find()
                    && faults.remove(planned)) {
                if (planned.fault().answer(exchange)) {
                    return;
                }
                break;
            }
        }
        if (server.equals("storage")) {
            Matcher file = FILE.matcher(path);
            boolean signed = "signature=1".equals(exchange.getRequestURI().getRawQuery());
            if (file.matches() && signed && exchange.getRequestHeaders().getFirst("authorization") == null) {
                send(exchange, content(file), "\"storage-" + file.group(3).hashCode() + "\"");
            } else {
                status(400).answer(exchange);
            }
        } else {
            answerAsHub(exchange, path);
        }
    }

    private void answerAsHub(HttpExchange exchange, String path) throws IOException {
        Matcher listing = LISTING.matcher(path);
        Matcher file = FILE.matcher(path);
        String name = listing.matches() ? listing.group(1) : file.matches() ? file.group(1) : "";
        @Nullable String now = renamed.get(name);
        if (now != null) {
            status(307, "location", exchange.getRequestURI().getRawPath().replaceFirst(Pattern.quote(name), now))
                    .answer(exchange);
        } else if (!repositories.containsKey(name)) {
            status(401, "x-error-code", "RepoNotFound", "x-error-message", "Repository not found").answer(exchange);
        } else if (listing.matches()) {
            list(exchange, name, listing.group(2));
        } else {
            file(exchange, file);
        }
    }

    private void list(HttpExchange exchange, String name, String revision) throws IOException {
        if (!List.of("main", "v1", "refs/pr/1", commit(name)).contains(revision)) {
            status(404, "x-error-code", "RevisionNotFound").answer(exchange);
            return;
        }
        String files = files(name).keySet().stream()
                .map(file -> "{\"rfilename\": \"%s\"}".formatted(file.replace("\\", "\\\\")))
                .collect(Collectors.joining(", "));
        byte[] body = "{\"id\": \"%s\", \"sha\": \"%s\", \"siblings\": [%s]}".formatted(name, commit(name), files)
                .getBytes(US_ASCII);
        exchange.getResponseHeaders().set("content-type", "application/json");
        send(exchange, body, null);
    }

    private void file(HttpExchange exchange, Matcher file) throws IOException {
        String path = file.group(3);
        if (!files(file.group(1)).containsKey(path)) {
            status(404, "x-error-code", "EntryNotFound").answer(exchange);
            return;
        }
        byte[] content = content(file);
        String etag = wrongNames.getOrDefault(path, etag(content));
        long size = wrongSizes.getOrDefault(path, (long) content.length);
        Headers headers = exchange.getResponseHeaders();
        headers.set("x-repo-commit", file.group(2));
        if (content.length >= LARGE) {
            headers.set("x-linked-etag", "\"" + etag + "\"");
            headers.set("x-linked-size", "" + size);
            status(302, "location", "http://127.0.0.1:%d%s?signature=1"
                    .formatted(storage.getAddress().getPort(), exchange.getRequestURI().getRawPath()))
                    .answer(exchange);
        } else if (exchange.getRequestMethod().equals("HEAD")) {
            status(200, "etag", "\"" + etag + "\"", "content-length", "" + size).answer(exchange);
        } else {
            send(exchange, content, "\"" + etag + "\"");
        }
    }

    private byte[] content(Matcher file) {
        return Objects.requireNonNull(files(renamed.getOrDefault(file.group(1), file.group(1))).get(file.group(3)));
    }

    private Map<String, byte[]> files(String name) {
        return Objects.requireNonNull(repositories.get(name));
    }

    private static void send(HttpExchange exchange, byte[] content, @Nullable String etag) throws IOException {
        if (etag != null) {
            exchange.getResponseHeaders().set("etag", etag);
        }
        @Nullable String asked = exchange.getRequestHeaders().getFirst("range");
        Matcher range = RANGE.matcher(asked == null ? "" : asked);
        int from = range.matches() ? Integer.parseInt(range.group(1)) : 0;
        if (range.matches() && from >= content.length) {
            status(416, "content-range", "bytes */" + content.length).answer(exchange);
            return;
        }
        if (range.matches()) {
            exchange.getResponseHeaders().set("content-range", "bytes %d-%d/%d".formatted(from, content.length - 1, content.length));
        }
        int length = content.length - from;
        exchange.sendResponseHeaders(range.matches() ? 206 : 200, length == 0 ? -1 : length);
        try (exchange) { // which closes the connection where the body is not whole; the body's own close does not
            OutputStream body = exchange.getResponseBody();
            Object cut = exchange.getAttribute("cut");
            body.write(content, from, cut instanceof Integer bytes ? Math.min(bytes, length) : length);
            body.flush();
            if (exchange.getAttribute("stall") instanceof Duration pause) {
                Thread.sleep(pause);
            }
        } catch (IOException e) {
            // The client has gone, or the body was cut.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        hub.stop(0);
        storage.stop(0);
        threads.shutdownNow();
    }
}
