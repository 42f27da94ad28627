package ai.tutti.cli;

import static java.util.Objects.requireNonNull;

import java.io.InputStream;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Map;

/**
 * What a command works in.
 *
 * @param in standard input
 * @param out standard output; what a program may read goes there as UTF-8 bytes
 * @param err standard error, also for progress
 * @param environment the environment's variables
 * @param folder the working directory, where {@code tutti.yaml} is looked for
 */
record Surroundings(InputStream in, PrintStream out, PrintStream err, Map<String, String> environment, Path folder) {
    Surroundings {
        requireNonNull(in, "in is null");
        requireNonNull(out, "out is null");
        requireNonNull(err, "err is null");
        environment = Map.copyOf(environment);
        requireNonNull(folder, "folder is null");
    }
}
