package ai.tutti.server;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Server-sent events on their way through, in pieces that end anywhere: whole lines leave at once, with the model's name
 * replaced in those that carry a JSON object; the last, unfinished line waits for its rest. So what has left is whole
 * lines, and something of ours may follow them.
 *
 * <p>A line that grows beyond {@value #LONGEST} bytes is no event of a chat; it passes as it is.
 */
final class ChatEvents {
    private static final int LONGEST = 16 << 20;
    private static final byte[] DATA = {'d', 'a', 't', 'a', ':'};

    private final @Nullable String model;
    private final ByteArrayOutputStream unfinished = new ByteArrayOutputStream();
    private boolean tooLong;

    /**
     * Events to come.
     *
     * @param model the name to put in place of the model's; null: the names stay
     */
    ChatEvents(@Nullable String model) {
        this.model = model;
    }

    /** Passes a piece on. */
    void pass(byte[] piece, ByteArrayOutputStream out) {
        int start = 0;
        for (int i = 0; i < piece.length; i++) {
            if (piece[i] == '\n' || piece[i] == '\r') {
                unfinished.write(piece, start, i - start);
                finish(out);
                out.write(piece[i]);
                start = i + 1;
            }
        }
        unfinished.write(piece, start, piece.length - start);
        if (unfinished.size() > LONGEST) {
            out.writeBytes(unfinished.toByteArray());
            unfinished.reset();
            tooLong = true;
        }
    }

    /** Passes on what is left of a stream that ended without a last line break. */
    void end(ByteArrayOutputStream out) {
        finish(out);
    }

    private void finish(ByteArrayOutputStream out) {
        byte[] line = unfinished.toByteArray();
        unfinished.reset();
        out.writeBytes(tooLong || model == null ? line : renamed(line, model));
        tooLong = false;
    }

    private static byte[] renamed(byte[] line, String model) {
        int from = DATA.length;
        if (line.length <= from || !Arrays.equals(line, 0, from, DATA, 0, from)) {
            return line;
        }
        while (from < line.length && line[from] == ' ') {
            from++;
        }
        ModelField field = ModelField.of(Arrays.copyOfRange(line, from, line.length));
        if (field == null) {
            return line;
        }
        byte[] object = field.replacedBy(model);
        byte[] whole = Arrays.copyOf(line, from + object.length);
        System.arraycopy(object, 0, whole, from, object.length);
        return whole;
    }
}
