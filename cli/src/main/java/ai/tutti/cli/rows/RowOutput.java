package ai.tutti.cli.rows;

import java.io.Closeable;
import java.io.IOException;

/** Where rows with their vectors go, in their order. For one thread. */
public interface RowOutput extends Closeable {
    /**
     * Writes a row.
     *
     * @throws RowException for a row that this output cannot hold
     */
    void write(Row row, float[] vector) throws IOException;

    /** How many rows an earlier run has written. */
    default long present() {
        return 0;
    }

    /** What was written is where others can see it. */
    void flush() throws IOException;

    /** All rows are written. */
    void finish() throws IOException;

    /** Leaves it as it is, to be gone on with where that can be. */
    @Override
    void close() throws IOException;
}
