package ai.tutti.engine.text;

import ai.tutti.engine.home.TuttiHome;
import ai.tutti.engine.home.UserCache;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Locale;
import java.util.Properties;

/**
 * The tokenizer's native library: from {@code $tutti.home/natives} in a distribution, otherwise unpacked from the class
 * path to the user's cache.
 *
 * <p>DJL's own loader is passed by. It probes for GPUs, may fetch a build for them, and needs a home that it can write;
 * this one does none of that. The library's functions are found by their JNI names once it is loaded.
 */
public final class TokenizerNatives {
    private static final String RESOURCES = "native/lib/";

    private static boolean loaded;

    private TokenizerNatives() {}

    /**
     * Writes the library for this platform into a folder.
     *
     * @return the written files
     * @throws IOException when the platform has no library or the folder cannot be written
     */
    public static List<Path> unpackTo(Path folder) throws IOException {
        Files.createDirectories(folder);
        List<String> names = libraries();
        for (String name : names) {
            String resource = RESOURCES + platform() + "/cpu/" + name;
            try (InputStream in = resource(resource)) {
                Files.copy(in, folder.resolve(name), StandardCopyOption.REPLACE_EXISTING);
            }
        }
        return names.stream().map(folder::resolve).toList();
    }

    /** Loads the library, once per process. */
    static synchronized void load() throws IOException {
        if (loaded) {
            return;
        }
        // For DJL's own classes, should an application use them beside ours: they would look for a GPU's build.
        System.setProperty("RUST_FLAVOR", "cpu");
        Path folder = folder();
        for (String name : libraries()) {
            try {
                System.load(folder.resolve(name).toString());
            } catch (UnsatisfiedLinkError e) {
                throw new IOException("the tokenizer's native library cannot be loaded: " + e.getMessage(), e);
            }
        }
        loaded = true;
    }

    private static Path folder() throws IOException {
        Path shipped = TuttiHome.resolve("natives");
        if (shipped != null && libraries().stream().allMatch(name -> Files.isRegularFile(shipped.resolve(name)))) {
            return shipped;
        }
        return UserCache.folder("natives/tokenizers-" + version() + "-" + platform(), TokenizerNatives::unpackTo)
                .toAbsolutePath();
    }

    private static String version() throws IOException {
        Properties properties = new Properties();
        try (InputStream in = resource(RESOURCES + "tokenizers.properties")) {
            properties.load(in);
        }
        return properties.getProperty("version", "unknown");
    }

    private static InputStream resource(String name) throws IOException {
        InputStream in = TokenizerNatives.class.getClassLoader().getResourceAsStream(name);
        if (in == null) {
            throw new IOException(name + " is not on the class path: there is no tokenizer for this platform");
        }
        return in;
    }

    private static List<String> libraries() {
        String library = System.mapLibraryName("tokenizers");
        return library.endsWith(".dll")
                ? List.of("libwinpthread-1.dll", "libgcc_s_seh-1.dll", "libstdc++-6.dll", library)
                : List.of(library);
    }

    private static String platform() {
        String os = System.getProperty("os.name").toLowerCase(Locale.ROOT);
        String arch = System.getProperty("os.arch");
        return (os.startsWith("windows") ? "win" : os.startsWith("mac") ? "osx" : "linux")
                + "-"
                + (arch.equals("amd64") ? "x86_64" : arch);
    }
}
