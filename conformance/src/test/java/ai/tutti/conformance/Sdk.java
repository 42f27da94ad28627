package ai.tutti.conformance;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Locale;

/** A pinned set of client libraries; installed when first used. */
enum Sdk {
    /** {@code together} 1.x for Python. */
    TOGETHER_V1,
    /** {@code together} 2.x for Python. */
    TOGETHER_V2,
    /** {@code together} 3.x for Python, whose base URL has no {@code /v1}. */
    TOGETHER_V3,
    /** OpenAI's and Cohere's Python SDKs. */
    NEIGHBOURS,
    /** {@code together-ai}, {@code openai} and {@code cohere-ai} for Node.js. */
    NODE,
    /** {@code tutti-client}, as this build has made it. */
    JAVA;

    static Sdk named(String name) {
        return valueOf(name.toUpperCase(Locale.ROOT).replace('-', '_'));
    }

    /** How scripts and pins name it. */
    String label() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** Together's base URL as this SDK's users write it. */
    String baseUrl(Server server) {
        return this == TOGETHER_V3 ? server.root() : server.root() + "/v1";
    }

    /** The command line that runs a script with this SDK. */
    List<String> commandFor(Path script) {
        return switch (this) {
            case NODE -> List.of("node", beside(Installation.node(), script).toString());
            case JAVA -> List.of(java(), "--class-path", classPath(), script.toString());
            case TOGETHER_V1, TOGETHER_V2, TOGETHER_V3, NEIGHBOURS ->
                List.of(Installation.python(label()).resolve("bin/python").toString(), "-P", script.toString());
        };
    }

    private static String java() {
        return Path.of(System.getProperty("java.home"), "bin", "java").toString();
    }

    private static String classPath() {
        return Folders.CLIENT.resolve("*") + File.pathSeparator + Folders.CLIENT.resolve("lib").resolve("*");
    }

    /** Node.js looks for packages beside the script, so the script goes to the packages. */
    private static synchronized Path beside(Path packages, Path script) {
        Path folder = packages.resolve(script.getName(script.getNameCount() - 2));
        try {
            Path copy = Files.createDirectories(folder).resolve(script.getFileName());
            if (!Files.exists(copy) || Files.mismatch(script, copy) >= 0) { // it may be running
                Files.copy(script, copy, StandardCopyOption.REPLACE_EXISTING);
            }
            return copy;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
