package ai.tutti.server;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.IntFunction;
import java.util.zip.GZIPInputStream;

/** A collector of traces on this machine: takes OTLP over HTTP and reads its protobuf, as opentelemetry-proto defines it. */
final class OtlpReceiver implements AutoCloseable {
    private final HttpServer http;
    private final List<Span> spans = new CopyOnWriteArrayList<>();

    /** A span as it came; {@code parent} is empty for a root, times are nanoseconds of the epoch. */
    record Span(
            String trace,
            String id,
            String parent,
            String name,
            int kind,
            long start,
            long end,
            Map<String, Object> attributes,
            int status,
            Map<String, Object> resource) {}

    private OtlpReceiver(HttpServer http) {
        this.http = http;
    }

    static OtlpReceiver start() throws IOException {
        HttpServer http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        OtlpReceiver receiver = new OtlpReceiver(http);
        http.createContext("/", receiver::take);
        http.start();
        return receiver;
    }

    String endpoint() {
        return "http://127.0.0.1:" + http.getAddress().getPort();
    }

    /** All spans that have come so far. */
    List<Span> spans() {
        return List.copyOf(spans);
    }

    private void take(HttpExchange exchange) throws IOException {
        try (exchange) {
            boolean understood = exchange.getRequestURI().getPath().equals("/v1/traces")
                    && "application/x-protobuf".equals(exchange.getRequestHeaders().getFirst("content-type"));
            byte[] body = exchange.getRequestBody().readAllBytes();
            if (understood) {
                if ("gzip".equals(exchange.getRequestHeaders().getFirst("content-encoding"))) {
                    try (InputStream plain = new GZIPInputStream(new ByteArrayInputStream(body))) {
                        body = plain.readAllBytes();
                    }
                }
                request(ByteBuffer.wrap(body));
            }
            exchange.sendResponseHeaders(understood ? 200 : 404, -1);
        }
    }

    /** ExportTraceServiceRequest. */
    private void request(ByteBuffer message) {
        fields(message, number -> value -> resourceSpans((ByteBuffer) value));
    }

    private void resourceSpans(ByteBuffer message) {
        Map<String, Object> resource = new LinkedHashMap<>();
        fields(message, number -> value -> {
            switch (number) {
                case 1 -> fields((ByteBuffer) value, field -> field == 1 ? pair -> attribute((ByteBuffer) pair, resource) : other -> {});
                case 2 -> fields((ByteBuffer) value, field -> field == 2 ? span -> spans.add(span((ByteBuffer) span, resource)) : other -> {});
                default -> {}
            }
        });
    }

    private static Span span(ByteBuffer message, Map<String, Object> resource) {
        Map<Integer, Object> parts = new LinkedHashMap<>();
        Map<String, Object> attributes = new LinkedHashMap<>();
        fields(message, number -> value -> {
            switch (number) {
                case 9 -> attribute((ByteBuffer) value, attributes);
                case 15 -> fields((ByteBuffer) value, field -> field == 3 ? code -> parts.put(15, code) : other -> {});
                default -> parts.put(number, value);
            }
        });
        return new Span(
                hex(bytes(parts, 1)),
                hex(bytes(parts, 2)),
                hex(bytes(parts, 4)),
                text(bytes(parts, 5)),
                (int) number(parts, 6),
                number(parts, 7),
                number(parts, 8),
                attributes,
                (int) number(parts, 15),
                resource);
    }

    private static ByteBuffer bytes(Map<Integer, Object> parts, int number) {
        return (ByteBuffer) parts.getOrDefault(number, ByteBuffer.allocate(0));
    }

    private static long number(Map<Integer, Object> parts, int number) {
        return (Long) parts.getOrDefault(number, 0L);
    }

    /** KeyValue, of strings, booleans and integers. */
    private static void attribute(ByteBuffer message, Map<String, Object> into) {
        Object[] pair = new Object[2];
        fields(message, number -> value -> {
            if (number == 1) {
                pair[0] = text(value);
            } else {
                fields((ByteBuffer) value, kind -> held -> pair[1] = kind == 1 ? text(held) : kind == 2 ? (Object) held.equals(1L) : held);
            }
        });
        into.put((String) pair[0], pair[1]);
    }

    private interface Taker {
        void take(Object value);
    }

    /** Reads a message field by field: numbers as {@code Long}, everything with a length as {@code ByteBuffer}. */
    private static void fields(ByteBuffer message, IntFunction<Taker> takers) {
        ByteBuffer bytes = message.duplicate().order(ByteOrder.LITTLE_ENDIAN);
        while (bytes.hasRemaining()) {
            long tag = varint(bytes);
            Object value = switch ((int) tag & 7) {
                case 0 -> varint(bytes);
                case 1 -> bytes.getLong();
                case 5 -> (long) bytes.getInt();
                default -> {
                    int length = (int) varint(bytes);
                    ByteBuffer part = bytes.slice(bytes.position(), length);
                    bytes.position(bytes.position() + length);
                    yield part;
                }
            };
            takers.apply((int) (tag >>> 3)).take(value);
        }
    }

    private static long varint(ByteBuffer bytes) {
        long value = 0;
        for (int shift = 0; ; shift += 7) {
            byte part = bytes.get();
            value |= (part & 0x7fL) << shift;
            if (part >= 0) {
                return value;
            }
        }
    }

    private static String text(Object value) {
        return UTF_8.decode(((ByteBuffer) value).duplicate()).toString();
    }

    private static String hex(ByteBuffer value) {
        byte[] bytes = new byte[value.remaining()];
        value.duplicate().get(bytes);
        return HexFormat.of().formatHex(bytes);
    }

    @Override
    public void close() {
        http.stop(0);
    }
}
