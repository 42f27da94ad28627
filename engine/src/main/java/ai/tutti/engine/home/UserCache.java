package ai.tutti.engine.home;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Folders unpacked from the class path, once per user and content.
 *
 * <p>A folder is filled under a name of its own and then renamed, so it is either whole or absent, whatever happens to
 * the process meanwhile; of two processes that unpack at once the first to rename wins and the other takes its folder.
 * The cache lies in {@code $XDG_CACHE_HOME/tutti} (by default {@code ~/.cache/tutti}) or, where that cannot be written, in
 * the temporary folder; there only a folder that belongs to the same user is trusted, since code is loaded from it.
 */
public final class UserCache {
    /** Writes a folder's files. */
    @FunctionalInterface
    public interface Filler {
        void fill(Path folder) throws IOException;
    }

    private UserCache() {}

    /**
     * The folder of that name, filled on first use.
     *
     * @param name a relative path that changes whenever the content does
     * @throws IOException when no place can be written or the filler fails
     */
    public static Path folder(String name, Filler filler) throws IOException {
        return folder(home(), Path.of(System.getProperty("java.io.tmpdir")), name, filler);
    }

    static Path folder(@Nullable Path home, Path tmp, String name, Filler filler) throws IOException {
        if (home != null) {
            Path folder = home.resolve(name);
            if (Files.isDirectory(folder)) {
                return folder;
            }
            Path fresh = freshBeside(folder);
            if (fresh != null) {
                return install(fresh, folder, filler);
            }
        }
        Path folder = temporary(tmp).resolve(name);
        if (Files.isDirectory(folder)) {
            return folder;
        }
        Path fresh = freshBeside(folder);
        if (fresh == null) {
            throw new IOException("neither " + home + " nor " + folder.getParent() + " can be written");
        }
        return install(fresh, folder, filler);
    }

    private static @Nullable Path freshBeside(Path folder) {
        try {
            Path parent = Files.createDirectories(folder.resolveSibling("."));
            return Files.createTempDirectory(parent, ".unpacking-").normalize();
        } catch (IOException e) {
            return null;
        }
    }

    private static Path install(Path fresh, Path folder, Filler filler) throws IOException {
        try {
            filler.fill(fresh);
            Files.move(fresh, folder, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException | RuntimeException e) {
            delete(fresh);
            if (!Files.isDirectory(folder)) {
                throw e;
            }
        }
        return folder;
    }

    private static @Nullable Path home() {
        String xdg = System.getenv("XDG_CACHE_HOME");
        if (xdg != null && Path.of(xdg).isAbsolute()) {
            return Path.of(xdg, "tutti");
        }
        Path home = Path.of(System.getProperty("user.home"));
        return home.isAbsolute() ? home.resolve(".cache").resolve("tutti") : null;
    }

    private static Path temporary(Path tmp) throws IOException {
        Path mine = tmp.resolve("tutti-" + System.getProperty("user.name"));
        Path probe = Files.createTempDirectory(tmp, "tutti-");
        try {
            return Files.move(probe, mine, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            boolean trusted = Files.isDirectory(mine, LinkOption.NOFOLLOW_LINKS)
                    && Files.getOwner(mine).equals(Files.getOwner(probe));
            if (!trusted) {
                return probe;
            }
            Files.delete(probe);
            return mine;
        }
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
