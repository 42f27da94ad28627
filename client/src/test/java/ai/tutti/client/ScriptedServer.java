package ai.tutti.client;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import ai.tutti.api.Json;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * A socket that answers each request with the next line of its script, the last one again and again; so it can send half a
 * reply, wait, or hang up. A connection serves one request after another, as a real server's does.
 */
final class ScriptedServer implements AutoCloseable {
    private static final long PATIENCE_SECONDS = 20;

    /** What is done about a request. */
    @FunctionalInterface
    interface Line {
        void answer(Request request, Connection connection) throws IOException, InterruptedException;
    }

    /**
     * A request that came.
     *
     * @param headers by name in lower case
     * @param nanos when it was whole
     */
    record Request(String method, String path, Map<String, String> headers, String body, long nanos) {
        JsonNode json() {
            return Json.mapper().readTree(body);
        }
    }

    /** The way back. */
    static final class Connection {
        private final Socket socket;

        private Connection(Socket socket) {
            this.socket = socket;
        }

        void send(String text) throws IOException {
            send(text.getBytes(UTF_8));
        }

        void send(byte[] bytes) throws IOException {
            socket.getOutputStream().write(bytes);
            socket.getOutputStream().flush();
        }

        void chunk(String text) throws IOException {
            chunk(text.getBytes(UTF_8));
        }

        void chunk(byte[] bytes) throws IOException {
            send("%x\r\n".formatted(bytes.length));
            send(bytes);
            send("\r\n");
        }

        /** Waits until the other side hangs up. */
        void awaitHangUp() throws IOException {
            try {
                while (socket.getInputStream().read() >= 0) {
                    // What it still sends is not looked at.
                }
            } catch (SocketException e) {
                // Hung up with a reset.
            }
        }

        /** Hangs up with a reset. */
        void reset() throws IOException {
            socket.setSoLinger(true, 0);
            socket.close();
        }

        void close() throws IOException {
            socket.close();
        }
    }

    private final ServerSocket listener;
    private final Queue<Line> script = new ArrayDeque<>();
    private final BlockingQueue<Request> arrivals = new LinkedBlockingQueue<>();
    private final List<Request> requests = new CopyOnWriteArrayList<>();
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();

    private ScriptedServer(List<Line> lines) {
        script.addAll(lines);
        try {
            listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Thread.ofVirtual().start(this::listen);
    }

    static ScriptedServer with(Line... lines) {
        return new ScriptedServer(List.of(lines));
    }

    /** A whole JSON reply. */
    static Line json(int status, String body, String... headers) {
        return reply(status, "application/json", body, headers);
    }

    /** A whole reply; headers are whole lines. */
    static Line reply(int status, String type, String body, String... headers) {
        return (request, connection) -> connection.send(
                head(status, type, "content-length: " + body.getBytes(UTF_8).length, headers) + body);
    }

    /** The beginning of a reply in chunks. */
    static String chunked(int status, String type) {
        return head(status, type, "transfer-encoding: chunked");
    }

    static String head(int status, String type, String framing, String... headers) {
        String more = Arrays.stream(headers).map(header -> header + "\r\n").collect(Collectors.joining());
        return "HTTP/1.1 %d Whatever\r\ncontent-type: %s\r\n%s\r\n%s\r\n".formatted(status, type, framing, more);
    }

    /** Vectors for as many texts as were sent; each is {@code [length of the text, 1]}. */
    static String vectors(Request request) {
        StringBuilder data = new StringBuilder();
        int index = 0;
        long tokens = 0;
        for (JsonNode text : request.json().path("input")) {
            data.append(index == 0 ? "" : ",")
                    .append("{\"object\":\"embedding\",\"index\":%d,\"embedding\":[%d,1]}"
                            .formatted(index++, text.stringValue().length()));
            tokens += text.stringValue().length();
        }
        return "{\"object\":\"list\",\"model\":\"m\",\"data\":[%s],\"usage\":{\"prompt_tokens\":%d,\"total_tokens\":%d}}"
                .formatted(data, tokens, tokens);
    }

    /** Answers an embeddings request as it should be. */
    static void embed(Request request, Connection connection) throws IOException, InterruptedException {
        json(200, vectors(request)).answer(request, connection);
    }

    String url() {
        return "http://127.0.0.1:" + listener.getLocalPort() + "/v1";
    }

    /** A client for it that is quick to give up connecting. */
    Tutti.Builder client() {
        return Tutti.builder(Map.of()).baseUrl(url());
    }

    /** What came so far. */
    List<Request> requests() {
        return List.copyOf(requests);
    }

    /** Waits for the next request. */
    Request take() throws InterruptedException {
        Request request = arrivals.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
        if (request == null) {
            throw new AssertionError("no request came");
        }
        return request;
    }

    private void listen() {
        try {
            while (true) {
                Socket socket = listener.accept();
                sockets.add(socket);
                Thread.ofVirtual().start(() -> serve(socket));
            }
        } catch (IOException e) {
            // Closed: the test is over.
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            InputStream in = new BufferedInputStream(socket.getInputStream());
            for (Request request = read(in); request != null; request = read(in)) {
                Line line = nextLine();
                requests.add(request);
                arrivals.add(request);
                line.answer(request, new Connection(socket));
            }
        } catch (IOException e) {
            // The other side hung up, or the line did.
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private synchronized Line nextLine() {
        Line line = script.size() > 1 ? script.remove() : script.peek();
        if (line == null) {
            throw new AssertionError("no script");
        }
        return line;
    }

    private static @Nullable Request read(InputStream in) throws IOException {
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        while (!head.toString(ISO_8859_1).endsWith("\r\n\r\n")) {
            int next = in.read();
            if (next < 0) {
                return null;
            }
            head.write(next);
        }
        String[] lines = head.toString(ISO_8859_1).split("\r\n");
        Map<String, String> headers = Arrays.stream(lines)
                .skip(1)
                .map(line -> line.split(": ?", 2))
                .collect(Collectors.toMap(pair -> pair[0].toLowerCase(Locale.ROOT), pair -> pair[1]));
        byte[] body = in.readNBytes(Integer.parseInt(headers.getOrDefault("content-length", "0")));
        String[] first = lines[0].split(" ");
        return new Request(first[0], first[1], headers, new String(body, UTF_8), System.nanoTime());
    }

    @Override
    public void close() {
        try {
            listener.close();
            for (Socket socket : sockets) {
                socket.close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
