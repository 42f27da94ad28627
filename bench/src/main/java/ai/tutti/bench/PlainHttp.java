package ai.tutti.bench;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * One connection to a server on this machine that posts JSON and reads the answer to its end, with as little work as can be: the
 * clients share the cores with the server that they measure.
 */
final class PlainHttp implements AutoCloseable {
    private static final int PATIENCE_MILLIS = 300_000;

    private final Socket socket;
    private final OutputStream out;
    private final InputStream in;
    private final String path;
    private final byte[] dropped = new byte[1 << 16];

    PlainHttp(int port, String path) throws IOException {
        this.path = path;
        socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(PATIENCE_MILLIS);
        out = socket.getOutputStream();
        in = new BufferedInputStream(socket.getInputStream(), dropped.length);
    }

    /** Returns when the answer has been read. */
    void post(byte[] body) throws IOException {
        var head = "POST %s HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
                .formatted(path, body.length)
                .getBytes(StandardCharsets.US_ASCII);
        var request = new byte[head.length + body.length];
        System.arraycopy(head, 0, request, 0, head.length);
        System.arraycopy(body, 0, request, head.length, body.length);
        out.write(request);
        var status = line();
        long length = 0;
        boolean chunked = false;
        for (var header = line(); !header.isEmpty(); header = line()) {
            var field = header.toLowerCase(Locale.ROOT);
            if (field.startsWith("content-length:")) {
                length = Long.parseLong(field.substring(15).strip());
            } else if (field.startsWith("transfer-encoding:")) {
                chunked = field.contains("chunked");
            }
        }
        if (!status.startsWith("HTTP/1.1 200")) {
            throw new IOException(status + (chunked ? "" : ": " + text(length)));
        }
        if (chunked) {
            dropChunks();
        } else {
            drop(length);
        }
    }

    private void dropChunks() throws IOException {
        while (true) {
            var size = line();
            int extension = size.indexOf(';');
            long length = Long.parseLong(extension < 0 ? size : size.substring(0, extension), 16);
            drop(length);
            if (length == 0) {
                while (!line().isEmpty()) {
                    // a trailer
                }
                return;
            }
            line();
        }
    }

    private void drop(long length) throws IOException {
        for (long left = length; left > 0; ) {
            int read = in.read(dropped, 0, (int) Math.min(left, dropped.length));
            if (read < 0) {
                throw new EOFException("the answer ends early");
            }
            left -= read;
        }
    }

    private String text(long length) throws IOException {
        return new String(in.readNBytes((int) Math.min(length, 300)), StandardCharsets.UTF_8).replace('\n', ' ');
    }

    private String line() throws IOException {
        var line = new StringBuilder();
        for (int c = in.read(); c != '\n'; c = in.read()) {
            if (c < 0) {
                throw new EOFException("the connection was closed");
            }
            if (c != '\r') {
                line.append((char) c);
            }
        }
        return line.toString();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
