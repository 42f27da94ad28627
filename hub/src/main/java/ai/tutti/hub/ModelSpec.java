package ai.tutti.hub;

import static java.util.Objects.requireNonNull;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A model to serve.
 *
 * @param name the name it is served under, for instance {@code BAAI/bge-small-en-v1.5}
 * @param revision the branch, tag or commit of its repository; null: the newest that is here, else the newest there is
 * @param folder where its files lie; null: the hub knows
 */
public record ModelSpec(String name, @Nullable String revision, @Nullable Path folder) {
    public ModelSpec {
        requireNonNull(name, "name is null");
        if (name.isBlank()) {
            throw new IllegalArgumentException("a model needs a name");
        }
        if (revision != null && folder != null) {
            throw new IllegalArgumentException("%s@%s: a folder on this machine has no revisions; give one or the other"
                    .formatted(name, revision));
        }
    }

    /** A model in a folder, or in whatever revision. */
    public ModelSpec(String name, @Nullable Path folder) {
        this(name, null, folder);
    }

    /**
     * Reads {@code NAME}, {@code NAME@REVISION} or {@code NAME=FOLDER}; a leading {@code ~/} of the folder is the user's home,
     * which shells leave alone behind an equals sign.
     *
     * @throws IllegalArgumentException with one line to show the user
     */
    public static ModelSpec parse(String text) {
        int equals = text.indexOf('=');
        String model = (equals < 0 ? text : text.substring(0, equals)).strip();
        String folder = equals < 0 ? "" : text.substring(equals + 1).strip();
        int at = model.indexOf('@');
        String name = at < 0 ? model : model.substring(0, at);
        String revision = at < 0 ? "" : model.substring(at + 1);
        if (name.isEmpty() || (equals >= 0 && folder.isEmpty()) || (at >= 0 && revision.isEmpty())) {
            throw new IllegalArgumentException(
                    "\"%s\" is none of NAME, NAME@REVISION and NAME=FOLDER, for instance %s=/models/bge"
                            .formatted(text, Hub.BUNDLED));
        }
        try {
            return new ModelSpec(name, at < 0 ? null : revision, equals < 0 ? null : expand(folder));
        } catch (InvalidPathException e) {
            throw new IllegalArgumentException("\"%s\" is not a folder's name".formatted(folder), e);
        }
    }

    /** The same model in a folder. */
    public ModelSpec in(Path place) {
        return new ModelSpec(name, revision, place);
    }

    /** As {@link #parse} reads it. */
    @Override
    public String toString() {
        return name + (revision == null ? "" : "@" + revision) + (folder == null ? "" : "=" + folder);
    }

    private static Path expand(String folder) {
        return folder.startsWith("~/")
                ? Path.of(System.getProperty("user.home"), folder.substring(2))
                : Path.of(folder);
    }
}
