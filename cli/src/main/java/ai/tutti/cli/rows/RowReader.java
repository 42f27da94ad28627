package ai.tutti.cli.rows;

import java.io.Closeable;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Rows in their order. For one thread. */
public interface RowReader extends Closeable {
    /**
     * The next row; null after the last one.
     *
     * @throws RowException for a row that cannot be used; names the file and the line
     */
    @Nullable Row next() throws IOException;
}
