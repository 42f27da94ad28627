package ai.tutti.cli;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;

/** One run of the command inside the test's process. */
record Command(int exitCode, String out, String err) {
    static Command run(Path folder, Map<String, String> environment, String... arguments) {
        return run(folder, environment, "", arguments);
    }

    /** With something on standard input. */
    static Command run(Path folder, Map<String, String> environment, String input, String[] arguments) {
        var out = new ByteArrayOutputStream();
        var err = new ByteArrayOutputStream();
        var in = new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8));
        int exitCode = new Main(new Surroundings(in, stream(out), stream(err), environment, folder)).run(arguments);
        return new Command(exitCode, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    private static PrintStream stream(ByteArrayOutputStream bytes) {
        return new PrintStream(bytes, true, StandardCharsets.UTF_8);
    }
}
