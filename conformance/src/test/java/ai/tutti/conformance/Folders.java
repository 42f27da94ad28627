package ai.tutti.conformance;

import java.nio.file.Path;

/** Where things lie. */
final class Folders {
    /** This module. */
    static final Path MODULE = Path.of("").toAbsolutePath();

    static final Path SCRIPTS = MODULE.resolve("scripts");
    static final Path EXAMPLES = MODULE.resolveSibling("examples");

    /** The built Java SDK, with what it needs in {@code lib}. */
    static final Path CLIENT = MODULE.resolveSibling("client").resolve("target");

    /** Pins: what is installed. */
    static final Path PINS = MODULE.resolve("environments");

    static final Path TARGET = MODULE.resolve("target");

    /** The built distribution. */
    static final Path DISTRIBUTION =
            Path.of(System.getProperty("tutti.distribution", "../cli/target/tutti")).toAbsolutePath().normalize();

    private Folders() {}
}
