package ai.tutti.conformance;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;

/** A pinned set of client libraries; installed when first used. */
enum Sdk {
    /** {@code together} 1.x for Python. */
    TOGETHER_V1(() -> Installation.python("together-v1")),
    /** {@code together} 2.x for Python. */
    TOGETHER_V2(() -> Installation.python("together-v2")),
    /** {@code together} 3.x for Python, whose base URL has no {@code /v1}. */
    TOGETHER_V3(() -> Installation.python("together-v3")),
    /** OpenAI's and Cohere's Python SDKs. */
    NEIGHBOURS(() -> Installation.python("neighbours")),
    /** {@code together-ai}, {@code openai} and {@code cohere-ai} for Node.js. */
    NODE(Installation::node);

    private final Supplier<Path> installation;

    Sdk(Supplier<Path> installation) {
        this.installation = installation;
    }

    static Sdk named(String name) {
        return valueOf(name.toUpperCase(Locale.ROOT).replace('-', '_'));
    }

    /** How scripts name it. */
    String label() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** Together's base URL as this SDK's users write it. */
    String baseUrl(Server server) {
        return this == TOGETHER_V3 ? server.root() : server.root() + "/v1";
    }

    /** The command line that runs a script with this SDK. */
    List<String> commandFor(Path script) {
        Path folder = installation.get();
        return this == NODE
                ? List.of("node", beside(folder, script).toString())
                : List.of(folder.resolve("bin/python").toString(), script.toString());
    }

    /** Node.js looks for packages beside the script, so the script goes to the packages. */
    private static Path beside(Path folder, Path script) {
        Path copy = folder.resolve(script.getParent().getFileName()).resolve(script.getFileName());
        try {
            Files.createDirectories(copy.getParent());
            return Files.copy(script, copy, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
