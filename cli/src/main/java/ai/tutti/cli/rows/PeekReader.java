package ai.tutti.cli.rows;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Rows, the next of which may be looked at before it is taken. */
public final class PeekReader implements RowReader {
    private final RowReader rows;
    private @Nullable Row peeked;

    public PeekReader(RowReader rows) {
        this.rows = rows;
    }

    /** The row that {@link #next} gives next; null after the last one. */
    @Nullable Row peek() throws IOException {
        if (peeked == null) {
            peeked = rows.next();
        }
        return peeked;
    }

    @Override
    public @Nullable Row next() throws IOException {
        Row next = peek();
        peeked = null;
        return next;
    }

    @Override
    public void close() throws IOException {
        rows.close();
    }
}
