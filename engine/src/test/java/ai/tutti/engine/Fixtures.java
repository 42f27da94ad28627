package ai.tutti.engine;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The tiny model folders and checkpoints in {@code src/test/resources/fixtures}; its README says what they hold. */
public final class Fixtures {
    private Fixtures() {}

    /** A whole model folder with its {@code cases.json}. */
    public static Path folder(String name) {
        return resource("/fixtures/folders/" + name);
    }

    /** The names of all model folders. */
    public static List<String> folders() {
        try (Stream<Path> folders = Files.list(resource("/fixtures/folders"))) {
            return folders.map(folder -> folder.getFileName().toString()).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Copies a model folder to where a test may change it. */
    public static void copy(String name, Path target) throws IOException {
        Path source = folder(name);
        try (Stream<Path> files = Files.walk(source)) {
            for (Path file : files.toList()) {
                Path copy = target.resolve(source.relativize(file).toString());
                if (Files.isDirectory(file)) {
                    Files.createDirectories(copy);
                } else {
                    Files.copy(file, copy);
                }
            }
        }
    }

    /** A checkpoint with its {@code expected.json}, at the level of token ids. */
    public static Path tensors(String name) {
        return resource("/fixtures/tensors/" + name);
    }

    /** Texts and the numbers that the reference gives for them. */
    public static JsonNode cases(String folder) {
        try {
            return JsonMapper.shared().readTree(Files.readAllBytes(folder(folder).resolve("cases.json")));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public static int[] ints(JsonNode array) {
        return array.valueStream().mapToInt(JsonNode::intValue).toArray();
    }

    public static float[] floats(JsonNode array) {
        var floats = new float[array.size()];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = array.get(i).floatValue();
        }
        return floats;
    }

    private static Path resource(String name) {
        try {
            return Path.of(Objects.requireNonNull(Fixtures.class.getResource(name), name).toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }
}
