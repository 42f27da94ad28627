package ai.tutti.hub;

import static java.util.Objects.requireNonNull;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A model to serve.
 *
 * @param name the name it is served under, for instance {@code BAAI/bge-small-en-v1.5}
 * @param folder where its files lie; null: the hub knows
 */
public record ModelSpec(String name, @Nullable Path folder) {
    public ModelSpec {
        requireNonNull(name, "name is null");
        if (name.isBlank()) {
            throw new IllegalArgumentException("a model needs a name");
        }
    }

    /**
     * Reads {@code NAME} or {@code NAME=FOLDER}; a leading {@code ~/} of the folder is the user's home, which shells leave
     * alone behind an equals sign.
     *
     * @throws IllegalArgumentException with one line to show the user
     */
    public static ModelSpec parse(String text) {
        int equals = text.indexOf('=');
        String name = (equals < 0 ? text : text.substring(0, equals)).strip();
        String folder = equals < 0 ? "" : text.substring(equals + 1).strip();
        if (name.isEmpty() || (equals >= 0 && folder.isEmpty())) {
            throw new IllegalArgumentException(
                    "\"%s\" is neither NAME nor NAME=FOLDER, for instance %s=/models/bge".formatted(text, Hub.BUNDLED));
        }
        try {
            return new ModelSpec(name, equals < 0 ? null : expand(folder));
        } catch (InvalidPathException e) {
            throw new IllegalArgumentException("\"%s\" is not a folder's name".formatted(folder), e);
        }
    }

    private static Path expand(String folder) {
        return folder.startsWith("~/")
                ? Path.of(System.getProperty("user.home"), folder.substring(2))
                : Path.of(folder);
    }
}
