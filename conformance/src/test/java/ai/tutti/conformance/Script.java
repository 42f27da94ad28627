package ai.tutti.conformance;

import static java.util.Objects.requireNonNull;
import static java.util.stream.Collectors.joining;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A program that uses SDKs as their users do. Its first line is a comment such as
 *
 * <pre>Runs with: together-v1, together-v2. Server: open.</pre>
 *
 * @param file the program
 * @param sdks what it runs with, one after the other
 * @param server which server it talks to
 */
record Script(Path file, List<Sdk> sdks, Server server) {
    private static final Pattern HEADER = Pattern.compile("(?:#|//) Runs with: ([a-z0-9, -]+)\\. Server: ([a-z]+)\\.");
    private static final Duration PATIENCE = Duration.ofMinutes(3);

    Script {
        requireNonNull(file, "file");
        sdks = List.copyOf(sdks);
        requireNonNull(server, "server");
    }

    /** The Python, JavaScript and Java programs in a folder of {@code scripts/}, by name. */
    static List<Script> in(String folder) {
        try (Stream<Path> files = Files.list(Folders.SCRIPTS.resolve(folder))) {
            return files.filter(file -> file.toString().matches(".*\\.(py|mjs|java)"))
                    .sorted()
                    .map(Script::read)
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Script read(Path file) {
        try (Stream<String> lines = Files.lines(file, StandardCharsets.UTF_8)) {
            Matcher header = HEADER.matcher(lines.findFirst().orElse(""));
            if (!header.matches()) {
                throw new AssertionError(file + " does not say in its first line what it runs with");
            }
            List<Sdk> sdks = Arrays.stream(header.group(1).split(", ")).map(Sdk::named).toList();
            return new Script(file, sdks, Server.named(header.group(2)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Runs it with one of its SDKs. Returns what it printed; fails, showing that, when the program fails. */
    String run(Sdk sdk, Map<String, String> variables) {
        var environment = new TreeMap<>(Installation.PYTHON);
        environment.putAll(variables(sdk));
        environment.putAll(variables);
        var command = new Command(sdk.commandFor(file), Folders.TARGET, environment, PATIENCE);
        String printed = server.during(command::run);
        String faults = server.log().lines().filter(line -> line.contains("ERROR")).collect(joining("\n"));
        if (!faults.isEmpty()) {
            throw new AssertionError("the answers were right, but the server logged%n%s".formatted(faults));
        }
        return printed;
    }

    private Map<String, String> variables(Sdk sdk) {
        String root = server.root();
        return Map.of(
                "TUTTI_ROOT", root,
                "TOGETHER_BASE_URL", sdk.baseUrl(server),
                "TOGETHER_API_KEY", Server.KEY,
                "TOGETHER_NO_BANNER", "1",
                "OPENAI_BASE_URL", root + "/v1",
                "OPENAI_API_KEY", Server.KEY);
    }

    @Override
    public String toString() {
        return file.subpath(file.getNameCount() - 2, file.getNameCount()).toString();
    }
}
