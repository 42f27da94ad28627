package ai.tutti.engine.kernel;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import ai.tutti.engine.home.TuttiHome;
import ai.tutti.engine.home.UserCache;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.SymbolLookup;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Locale;

/**
 * Finds oneDNN's library: in {@code natives} under the system property {@code tutti.home} (the built distribution), else on
 * the class path, from where it is unpacked once into the user's cache folder.
 *
 * <p>The build of oneDNN that is used runs on OpenMP. Every worker computes alone on its core, so OpenMP is told to use one
 * thread, by its environment variable, before the library is loaded; Java's own view of the environment cannot do that.
 */
public final class NativeLibraries {
    /** The platform's folder in the natives' jar and the libraries in it, in the order in which they must be loaded. */
    private record Platform(String folder, List<String> libraries) {}

    private NativeLibraries() {}

    static SymbolLookup oneDnn() {
        var platform = platform();
        setEnvironment("OMP_NUM_THREADS", "1");
        setEnvironment("OMP_WAIT_POLICY", "PASSIVE");
        var folder = folder(platform);
        SymbolLookup last = null;
        for (var library : platform.libraries()) {
            var file = folder.resolve(library);
            if (!Files.isRegularFile(file)) {
                throw new OneDnnException("missing native library " + file);
            }
            last = load(file);
        }
        if (last == null) {
            throw new OneDnnException("no native library for " + platform.folder());
        }
        return last;
    }

    private static SymbolLookup load(Path file) {
        try {
            return SymbolLookup.libraryLookup(file, Arena.global());
        } catch (IllegalArgumentException e) {
            throw new OneDnnException("the native library " + file + " cannot be loaded: " + e.getMessage(), e);
        }
    }

    private static Platform platform() {
        var os = System.getProperty("os.name").toLowerCase(Locale.ROOT);
        var arch = System.getProperty("os.arch").toLowerCase(Locale.ROOT);
        boolean arm = arch.equals("aarch64") || arch.equals("arm64");
        if (os.contains("linux")) {
            return new Platform(arm ? "linux-arm64" : "linux-x86_64", List.of("libgomp.so.1", "libdnnl.so.3"));
        }
        if (os.contains("mac") && arm) {
            return new Platform("macosx-arm64", List.of("libomp.dylib", "libdnnl.3.dylib"));
        }
        if (os.contains("windows") && !arm) {
            return new Platform("windows-x86_64", List.of("dnnl.dll"));
        }
        throw new OneDnnException("there is no build of oneDNN for " + os + " on " + arch);
    }

    /** Where the libraries lie: in the distribution, else unpacked under a name that changes with their content. */
    private static Path folder(Platform platform) {
        var shipped = TuttiHome.resolve("natives");
        if (shipped != null && Files.isDirectory(shipped)) {
            return shipped;
        }
        try {
            var main = resource(platform, platform.libraries().getLast()).openConnection();
            main.setUseCaches(false);
            long size = main.getContentLengthLong();
            main.getInputStream().close();
            return UserCache.folder("onednn/" + platform.folder() + "-" + size, NativeLibraries::unpackTo);
        } catch (IOException e) {
            throw new OneDnnException("cannot unpack oneDNN's library: " + e, e);
        }
    }

    /**
     * Writes this platform's libraries into a folder.
     *
     * @throws IOException when the folder cannot be written
     */
    public static void unpackTo(Path folder) throws IOException {
        Files.createDirectories(folder);
        var platform = platform();
        for (var library : platform.libraries()) {
            try (var in = resource(platform, library).openStream()) {
                Files.copy(in, folder.resolve(library), StandardCopyOption.REPLACE_EXISTING);
            }
        }
    }

    private static URL resource(Platform platform, String library) {
        var name = "/org/bytedeco/dnnl/" + platform.folder() + "/" + library;
        var url = NativeLibraries.class.getResource(name);
        if (url == null) {
            throw new OneDnnException("oneDNN's library is not on the class path: " + name
                    + " (org.bytedeco:dnnl with this platform's classifier brings it)");
        }
        return url;
    }

    private static void setEnvironment(String name, String value) {
        var linker = Linker.nativeLinker();
        var setenv = linker.defaultLookup().find("setenv");
        if (setenv.isEmpty()) {
            return; // Windows: one worker a core still computes right, with more threads than needed.
        }
        var type = FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, JAVA_INT);
        try (var arena = Arena.ofConfined()) {
            var handle = linker.downcallHandle(setenv.get(), type);
            var status = (int) handle.invokeExact(arena.allocateFrom(name), arena.allocateFrom(value), 0);
            if (status != 0) {
                throw new OneDnnException("cannot set " + name);
            }
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new OneDnnException("cannot set " + name, e);
        }
    }
}
