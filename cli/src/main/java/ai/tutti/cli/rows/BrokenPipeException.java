package ai.tutti.cli.rows;

import java.io.IOException;

/** Nobody reads standard output any more. */
public final class BrokenPipeException extends IOException {
    BrokenPipeException() {
        super("standard output is closed");
    }
}
