package ai.tutti.hub;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * One repository in the Hugging Face cache, in the layout of the Python library {@code huggingface_hub}, which may read and
 * write the same folders at the same time:
 *
 * <pre>
 * models--BAAI--bge-large-en-v1.5/
 *   refs/main                     the commit that the branch was at when it was last asked for
 *   snapshots/COMMIT/config.json  a link to ../../blobs/ETAG, or the file itself where links cannot be made
 *   blobs/ETAG                    content under its SHA-256, or small files under their git hash
 *   .no_exist/COMMIT/modules.json an empty file: the commit has no such file
 *   trees/COMMIT.json             all files of the commit, as newer versions of the library note them
 * .locks/models--BAAI--bge-large-en-v1.5/ETAG.lock
 * </pre>
 *
 * <p>A snapshot may hold a part of the commit's files, whatever programs asked for.
 */
final class CachedRepository {
    static final String NEWEST = "main";

    private static final String MODEL = "models--";
    private static final Pattern COMMIT = Pattern.compile("[0-9a-f]{40}");

    private final Path folder;
    private final Path locks;

    private CachedRepository(Path folder, Path locks) {
        this.folder = folder;
        this.locks = locks;
    }

    static CachedRepository of(Path cache, RepositoryName name) {
        String entry = MODEL + name.text().replace("/", "--");
        return new CachedRepository(cache.resolve(entry), cache.resolve(".locks").resolve(entry));
    }

    /** The models that a cache has anything of. */
    static List<RepositoryName> names(Path cache) {
        try (Stream<Path> folders = Files.list(cache)) {
            return folders.map(folder -> folder.getFileName().toString())
                    .filter(folder -> folder.startsWith(MODEL) && folder.length() > MODEL.length())
                    .map(folder -> new RepositoryName(folder.substring(MODEL.length()).replace("--", "/")))
                    .sorted(Comparator.comparing(RepositoryName::text))
                    .toList();
        } catch (IOException | UncheckedIOException e) {
            return List.of();
        }
    }

    static boolean isCommit(String revision) {
        return COMMIT.matcher(revision).matches();
    }

    /** The commit that a revision stands for, as far as is known here; else null. */
    @Nullable String commit(String revision) {
        if (isCommit(revision)) {
            return revision;
        }
        try {
            String commit = Files.readString(folder.resolve("refs").resolve(revision)).strip();
            return isCommit(commit) ? commit : null;
        } catch (IOException e) {
            return null;
        }
    }

    /** A commit's files; need not exist. */
    Path snapshot(String commit) {
        return folder.resolve("snapshots").resolve(commit);
    }

    /** The names of the files that a commit's snapshot holds, with forward slashes. A link to nowhere is no file. */
    Set<String> files(String commit) {
        Path snapshot = snapshot(commit);
        Set<String> names = new TreeSet<>();
        if (Files.isDirectory(snapshot)) {
            try (Stream<Path> files = Files.walk(snapshot)) {
                files.filter(Files::isRegularFile)
                        .forEach(file -> names.add(snapshot.relativize(file).toString().replace('\\', '/')));
            } catch (IOException | UncheckedIOException e) {
                return Set.of();
            }
        }
        return names;
    }

    /**
     * Whether the commit is known to lack a file that its snapshot does not hold: somebody asked the hub for just that file,
     * noted all the files there are, or fetched the commit whole, with the file that only git needs.
     */
    boolean lacks(String commit, String name) {
        if (Files.exists(folder.resolve(".no_exist").resolve(commit).resolve(name))
                || Files.exists(snapshot(commit).resolve(".gitattributes"))) {
            return true;
        }
        try {
            JsonNode files = JsonMapper.shared()
                    .readTree(Files.readAllBytes(folder.resolve("trees").resolve(commit + ".json")))
                    .path("files");
            return files.isObject() && !files.has(name);
        } catch (IOException | JacksonException e) {
            return false;
        }
    }

    /** The lock of whoever writes a file's content. */
    Path lock(RemoteFile file) {
        return locks.resolve(file.etag() + ".lock");
    }

    /** What is there of a file that is on its way; a name that only Tutti writes to. */
    Path partial(RemoteFile file) {
        return folder.resolve("blobs").resolve(file.etag() + ".tutti.incomplete");
    }

    /** How much is there of a file that is on its way, in bytes. */
    long partialSize(RemoteFile file) {
        return Math.max(0, size(partial(file)));
    }

    /** Whether the snapshot holds the whole file. */
    boolean hasInSnapshot(String commit, RemoteFile file) {
        return size(snapshot(commit).resolve(file.path())) == file.size();
    }

    /** Whether a file's content is here, of another commit perhaps. */
    boolean hasBlob(RemoteFile file) {
        return size(blob(file)) == file.size();
    }

    /** Where a file's content lies under its own name. */
    Path blob(RemoteFile file) {
        return folder.resolve("blobs").resolve(file.etag());
    }

    /**
     * Puts a file whose content is here into the snapshot: a link to it; where that cannot be made the file itself, in the same
     * room on the disk if the system can give it two names, else as a copy.
     */
    void place(String commit, RemoteFile file, boolean symlinks) throws IOException {
        if (symlinks && link(commit, file)) {
            return;
        }
        Path pointer = pointer(commit, file);
        Path fresh = pointer.resolveSibling("%s.%s.tmp".formatted(pointer.getFileName(), UUID.randomUUID()));
        try {
            Files.createLink(fresh, blob(file));
        } catch (UnsupportedOperationException | FileSystemException e) {
            Files.copy(blob(file), fresh);
        }
        Files.move(fresh, pointer, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    }

    private Path pointer(String commit, RemoteFile file) throws IOException {
        Path pointer = snapshot(commit).resolve(file.path());
        Files.createDirectories(requireNonNull(pointer.getParent()));
        return pointer;
    }

    /** Links the snapshot's file to its content; false where the system cannot. */
    private boolean link(String commit, RemoteFile file) throws IOException {
        Path pointer = pointer(commit, file);
        Path target = requireNonNull(pointer.getParent()).relativize(blob(file));
        if (Files.isSymbolicLink(pointer) && Files.readSymbolicLink(pointer).equals(target)) {
            return true;
        }
        Path fresh = pointer.resolveSibling("%s.%s.tmp".formatted(pointer.getFileName(), UUID.randomUUID()));
        try {
            Files.createSymbolicLink(fresh, target);
        } catch (UnsupportedOperationException | FileSystemException e) {
            return false;
        }
        Files.move(fresh, pointer, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
        return true;
    }

    /** In bytes; -1 where there is no such file. */
    private static long size(Path file) {
        try {
            return Files.size(file);
        } catch (IOException e) {
            return -1;
        }
    }

    /** Notes that a commit lacks a file, so that nobody asks again. */
    void noteLacking(String commit, String name) throws IOException {
        Path note = folder.resolve(".no_exist").resolve(commit).resolve(name);
        if (!Files.exists(note)) {
            Files.createDirectories(requireNonNull(note.getParent()));
            Files.writeString(note, "");
        }
    }

    /** Notes which commit a revision stands for, at once, so that no reader finds half a commit. */
    void note(String revision, String commit) throws IOException {
        if (revision.equals(commit) || commit.equals(commit(revision))) {
            return;
        }
        Path ref = folder.resolve("refs").resolve(revision);
        Files.createDirectories(requireNonNull(ref.getParent()));
        Path fresh = ref.resolveSibling("%s.%s.tmp".formatted(ref.getFileName(), UUID.randomUUID()));
        Files.writeString(fresh, commit, UTF_8);
        Files.move(fresh, ref, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    }
}
