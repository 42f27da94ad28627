package ai.tutti.conformance;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A folder with installed packages, kept from run to run for as long as its pins and its interpreter are the same.
 *
 * <p>A stamp, written last, holds both; a folder without one, or with another, is removed and installed anew.
 */
final class Installation {
    private static final Duration PATIENCE = Duration.ofMinutes(15);
    private static final String STAMP = "installed.txt";

    private Installation() {}

    /** A virtual Python environment with what a requirements file pins. */
    static Path python(String name) {
        Path pins = Folders.PINS.resolve("python").resolve(name + ".txt");
        Path folder = folder(name);
        String version = run(Folders.TARGET, "python3", "--version");
        return ensure(folder, version + text(pins), () -> {
            run(Folders.TARGET, "python3", "-m", "venv", folder.toString());
            run(folder, folder.resolve("bin/python").toString(), "-m", "pip", "install", "--quiet", "--no-compile",
                    "--disable-pip-version-check", "--requirement", pins.toString());
        });
    }

    /** A folder with the npm packages that the lock file pins. */
    static Path node() {
        Path pins = Folders.PINS.resolve("node");
        Path folder = folder("node");
        String version = run(Folders.TARGET, "node", "--version");
        return ensure(folder, version + text(pins.resolve("package-lock.json")), () -> {
            create(folder);
            copy(pins.resolve("package.json"), folder);
            copy(pins.resolve("package-lock.json"), folder);
            run(folder, "npm", "ci", "--no-audit", "--no-fund", "--loglevel=error");
        });
    }

    private static Path folder(String name) {
        create(Folders.TARGET);
        return Folders.TARGET.resolve("environments").resolve(name);
    }

    private static Path ensure(Path folder, String wanted, Runnable install) {
        Path stamp = folder.resolve(STAMP);
        if (!Files.exists(stamp) || !text(stamp).equals(wanted)) {
            delete(folder);
            install.run();
            write(stamp, wanted);
        }
        return folder;
    }

    private static String run(Path folder, String... line) {
        return new Command(List.of(line), folder, Map.of(), PATIENCE).run();
    }

    private static void copy(Path file, Path folder) {
        write(folder.resolve(file.getFileName()), text(file));
    }

    private static String text(Path file) {
        try {
            return Files.readString(file, StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void write(Path file, String text) {
        try {
            Files.writeString(file, text, StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void create(Path folder) {
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void delete(Path folder) {
        if (!Files.exists(folder)) {
            return;
        }
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
