package ai.tutti.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.tutti.api.Json;
import ai.tutti.engine.tensor.Precision;
import ai.tutti.hub.ModelSpec;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/**
 * A tiny model folder of the engine's tests, served under its published name, with the numbers of the reference.
 *
 * @param cases the reference's texts and vectors
 */
record TinyModel(String published, Path folder, List<JsonNode> cases) {
    static final TinyModel BGE = of("bge", "BAAI/bge-large-en-v1.5");
    static final TinyModel GTE = of("gte-large", "thenlper/gte-large");
    static final TinyModel UAE = of("uae-large", "WhereIsAI/UAE-Large-V1");
    static final List<TinyModel> ALL = List.of(BGE, GTE, UAE);

    private static TinyModel of(String name, String published) {
        Path folder = Path.of("../engine/src/test/resources/fixtures/folders", name);
        try {
            JsonNode json = Json.mapper().readTree(Files.readAllBytes(folder.resolve("cases.json")));
            return new TinyModel(published, folder, json.path("cases").valueStream().toList());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static List<ModelSpec> specs() {
        return ALL.stream().map(TinyModel::spec).toList();
    }

    ModelSpec spec() {
        return new ModelSpec(published, folder);
    }

    /** Copies the folder to where a test may change it. */
    ModelSpec copyTo(Path target) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.toList()) {
                Path copy = target.resolve(folder.relativize(file).toString());
                if (Files.isDirectory(file)) {
                    Files.createDirectories(copy);
                } else {
                    Files.copy(file, copy);
                }
            }
        }
        return new ModelSpec(published, target);
    }

    /** A request for the vector of a text of the reference; any number will do. */
    String request(int number) {
        return Json.writeText(Map.of("model", published, "input", chosen(number).path("text")));
    }

    /** The reply to {@link #request} has the reference's vector. */
    void assertRight(int number, JsonNode reply) {
        assertRight(number, reply, 0);
    }

    /** One of the vectors of a reply is the reference's. */
    void assertRight(int number, JsonNode reply, int place) {
        JsonNode expected = chosen(number).path("vector");
        JsonNode vector = reply.path("data").path(place).path("embedding");
        assertThat(vector).as(published + ": " + chosen(number).path("text")).hasSize(expected.size());
        for (int i = 0; i < expected.size(); i++) {
            assertThat(vector.get(i).doubleValue()).isCloseTo(expected.get(i).doubleValue(), within(5e-5));
        }
    }

    String text(int number) {
        return chosen(number).path("text").stringValue();
    }

    private JsonNode chosen(int number) {
        return cases.get(Math.floorMod(number, cases.size()));
    }

    /** Settings that serve models in f32, as the reference computes. */
    static ServerSettings serving(
            ServerSettings settings, List<ModelSpec> models, Map<String, String> aliases, ShelfSettings shelf) {
        return settings.toBuilder()
                .models(models)
                .aliases(aliases)
                .precision(Precision.F32)
                .shelf(shelf)
                .build();
    }
}
