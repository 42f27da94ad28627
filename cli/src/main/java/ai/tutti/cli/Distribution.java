package ai.tutti.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.CopyOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * Puts the runnable folder together at the end of a build: {@code bin}, {@code lib}, {@code natives}, {@code models}, and last
 * the {@linkplain AotCache JVM's cache} that makes it start faster.
 *
 * <p>It is put together beside the old one and then takes its place, so a server that runs from the old one keeps its open
 * files and nobody ever starts from half a folder.
 */
final class Distribution {
    private final Path module;
    private final Path target;

    private Distribution(Path module) {
        this.module = module;
        this.target = module.resolve("target");
    }

    /** Takes the module's folder and the moment at which the build began, as in {@code 2026-11-21T00:00:00Z}. */
    public static void main(String[] arguments) throws IOException {
        Logs.start();
        var distribution = new Distribution(Path.of(arguments[0]));
        Path folder = distribution.assemble();
        AotCache.record(folder);
        // As old as the start of the build: a source that changed meanwhile is newer.
        Path stamp = Files.writeString(folder.resolve("built"), Version.current() + "\n");
        Files.setLastModifiedTime(stamp, FileTime.from(Instant.parse(arguments[1])));
    }

    private Path assemble() throws IOException {
        Path fresh = target.resolve("tutti.new");
        delete(fresh);
        copy(module.resolve("src/main/dist/bin"), fresh.resolve("bin"));
        Files.setPosixFilePermissions(fresh.resolve("bin/tutti"), PosixFilePermissions.fromString("rwxr-xr-x"));
        copy(target.resolve("lib"), fresh.resolve("lib"));
        Files.copy(jar(), fresh.resolve("lib/tutti-cli.jar"));
        Files.copy(module.resolve("../LICENSE"), fresh.resolve("LICENSE"));

        Path folder = target.resolve("tutti");
        Path old = target.resolve("tutti.old");
        delete(old);
        if (Files.exists(folder)) {
            Files.move(folder, old);
        }
        Files.move(fresh, folder);
        delete(old);
        return folder;
    }

    private Path jar() throws IOException {
        try (Stream<Path> files = Files.list(target)) {
            return files.filter(file -> file.getFileName().toString().matches("tutti-cli-.*(?<!-sources|-javadoc|-tests)\\.jar"))
                    .findFirst()
                    .orElseThrow(() -> new IOException("there is no tutti-cli jar in " + target));
        }
    }

    private static void copy(Path from, Path to) throws IOException {
        CopyOption[] options = {StandardCopyOption.COPY_ATTRIBUTES};
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Path copy = to.resolve(from.relativize(file).toString());
                if (Files.isDirectory(file)) {
                    Files.createDirectories(copy);
                } else {
                    Files.copy(file, copy, options);
                }
            }
        }
    }

    private static void delete(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return;
        }
        List<Path> files;
        try (Stream<Path> walk = Files.walk(folder)) {
            files = walk.sorted(Comparator.reverseOrder()).toList();
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
        for (Path file : files) {
            Files.delete(file);
        }
    }
}
