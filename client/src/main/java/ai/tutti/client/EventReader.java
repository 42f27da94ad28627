package ai.tutti.client;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import org.jspecify.annotations.Nullable;

/**
 * Server-sent events, as WHATWG's HTML standard has them (9.2.6): lines end in CR, LF or both, an empty one ends an event,
 * {@code data} lines of one event are joined, lines that begin with a colon are comments. Of an event only the data is told.
 */
final class EventReader {
    private static final String DATA = "data";

    private final PulledBody body;
    private final ByteArrayOutputStream line = new ByteArrayOutputStream();
    private byte[] piece = {};
    private int at;
    private boolean afterReturn;
    private boolean first = true;

    EventReader(PulledBody body) {
        this.body = body;
    }

    /** The next event's data; null at the end. What comes without an empty line at the very end is taken for an event. */
    @Nullable String next() throws InterruptedException {
        StringBuilder data = null;
        for (String text = line(); text != null; text = line()) {
            if (text.isEmpty()) {
                if (data != null) {
                    return data.toString();
                }
                continue;
            }
            String value = data(text);
            if (value != null) {
                data = data == null ? new StringBuilder(value) : data.append('\n').append(value);
            }
        }
        return data == null ? null : data.toString();
    }

    private static @Nullable String data(String text) {
        int colon = text.indexOf(':');
        if (!(colon < 0 ? text : text.substring(0, colon)).equals(DATA)) {
            return null;
        }
        String value = colon < 0 ? "" : text.substring(colon + 1);
        return value.startsWith(" ") ? value.substring(1) : value;
    }

    /** The next line without its end; null at the end of the body. */
    private @Nullable String line() throws InterruptedException {
        while (true) {
            if (at == piece.length && !fetch()) {
                return line.size() == 0 ? null : take();
            }
            byte next = piece[at++];
            boolean secondHalf = afterReturn && next == '\n';
            afterReturn = next == '\r';
            if (secondHalf) {
                continue;
            }
            if (next == '\n' || next == '\r') {
                return take();
            }
            line.write(next);
        }
    }

    private boolean fetch() throws InterruptedException {
        byte[] more = body.read();
        if (more == null) {
            return false;
        }
        piece = more;
        at = 0;
        return true;
    }

    private String take() {
        String text = line.toString(UTF_8);
        line.reset();
        boolean marked = first && text.startsWith("\uFEFF");
        first = false;
        return marked ? text.substring(1) : text;
    }
}
