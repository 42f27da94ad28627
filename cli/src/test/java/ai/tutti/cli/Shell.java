package ai.tutti.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** One run of a program, with nothing in its environment but what is given. */
record Shell(int exitCode, String out, String err) {
    static Shell run(Path folder, Map<String, String> environment, String... command) throws IOException, InterruptedException {
        return end(start(folder, environment, command));
    }

    static Process start(Path folder, Map<String, String> environment, String... command) throws IOException {
        var program = new ProcessBuilder(List.of(command)).directory(folder.toFile());
        program.environment().clear();
        program.environment().putAll(environment);
        return program.start();
    }

    /** Waits for the end; the output must fit the pipe. */
    static Shell end(Process process) throws IOException, InterruptedException {
        if (!process.waitFor(1, TimeUnit.MINUTES)) {
            process.destroyForcibly();
            throw new IllegalStateException("still running after a minute");
        }
        return new Shell(
                process.exitValue(),
                new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8),
                new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8));
    }

    /** Writes a program in the shell's language. */
    static void script(Path file, String body) throws IOException {
        Files.createDirectories(file.resolveSibling("."));
        Files.writeString(file, "#!/bin/sh\n" + body);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    /** Puts one of the system's programs, where it has it, into a folder that is to be a whole {@code PATH}. */
    static void tool(Path folder, String name) throws IOException {
        for (String place : List.of("/usr/bin/", "/bin/")) {
            if (Files.isExecutable(Path.of(place + name))) {
                script(folder.resolve(name), "exec " + place + name + " \"$@\"\n");
                return;
            }
        }
    }
}
