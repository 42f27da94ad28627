package ai.tutti.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Texts with vectors that somebody once got for them: lines of {@code {"text": "…", "embedding": [0.1, …]}}.
 *
 * @param texts in the file's order
 * @param vectors theirs, all of one length
 */
record KnownVectors(List<String> texts, float[][] vectors) {
    /**
     * Reads a file's first lines; empty ones do not count.
     *
     * @param most how many lines at most
     * @throws UsageException for a file that cannot be read or a line that is something else
     */
    static KnownVectors read(Path file, int most) {
        var texts = new ArrayList<String>();
        var vectors = new ArrayList<float[]>();
        try (BufferedReader lines = Files.newBufferedReader(file)) {
            int number = 0;
            for (String line = lines.readLine(); line != null && texts.size() < most; line = lines.readLine()) {
                number++;
                if (!line.isBlank()) {
                    String origin = "%s: line %d".formatted(file, number);
                    JsonNode node = json(line, origin);
                    if (!node.path("text").isString()) {
                        throw new UsageException(origin + ": needs a text: {\"text\": \"…\", \"embedding\": [0.1, …]}");
                    }
                    texts.add(node.path("text").stringValue());
                    vectors.add(vector(node.path("embedding"), origin));
                    int dimensions = vectors.getFirst().length;
                    if (vectors.getLast().length != dimensions) {
                        throw new UsageException("%s: its embedding has %d numbers, the first one has %d"
                                .formatted(origin, vectors.getLast().length, dimensions));
                    }
                }
            }
        } catch (IOException e) {
            throw new UsageException("%s cannot be read: %s".formatted(file, e));
        }
        if (texts.isEmpty()) {
            throw new UsageException(file + " has no lines: {\"text\": \"…\", \"embedding\": [0.1, …]} are needed");
        }
        return new KnownVectors(texts, vectors.toArray(float[][]::new));
    }

    private static JsonNode json(String line, String origin) {
        try {
            return JsonMapper.shared().readTree(line);
        } catch (JacksonException e) {
            throw new UsageException(origin + ": is no JSON");
        }
    }

    private static float[] vector(JsonNode node, String origin) {
        if (!node.isArray() || node.isEmpty() || !node.valueStream().allMatch(JsonNode::isNumber)) {
            throw new UsageException(origin + ": embedding must be a list of numbers");
        }
        var vector = new float[node.size()];
        for (int i = 0; i < vector.length; i++) {
            vector[i] = node.get(i).floatValue();
        }
        return vector;
    }

    /** The first lines alone. */
    KnownVectors first(int count) {
        return count >= texts.size()
                ? this
                : new KnownVectors(texts.subList(0, count), java.util.Arrays.copyOf(vectors, count));
    }
}
