package ai.tutti.engine.family;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.tutti.engine.Fixtures;
import ai.tutti.engine.checkpoint.Checkpoint;
import ai.tutti.engine.checkpoint.ModelFolder;
import ai.tutti.engine.kernel.Kernels;
import ai.tutti.engine.kernel.Worker;
import ai.tutti.engine.nn.Rows;
import ai.tutti.engine.nn.Tile;
import ai.tutti.engine.nn.Tokens;
import ai.tutti.engine.nn.Weights;
import ai.tutti.engine.tensor.Precision;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Vectors of a tiny checkpoint against the published formulas in double, coded by somebody else. */
@Tag("reference")
final class M2BertTest {
    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"model.safetensors", "model.dedup.safetensors"})
    void pooledVectorsEqualTheReference(String file) throws IOException {
        Files.copy(Fixtures.tensors("m2_bert").resolve("config.json"), folder.resolve("config.json"));
        Files.copy(Fixtures.tensors("m2_bert").resolve(file), folder.resolve("model.safetensors"));
        var expected = JsonMapper.shared()
                .readTree(Files.readAllBytes(Fixtures.tensors("m2_bert").resolve("expected.json")));
        var texts = IntStream.range(0, 2)
                .mapToObj(i -> Fixtures.ints(expected.at("/inputs/input_ids").get(i)))
                .toList();
        try (var arena = Arena.ofShared();
                var checkpoint = Checkpoint.open(folder);
                var worker = new Worker(Kernels.instance())) {
            var model = M2Bert.read(
                    ModelFolder.open(folder).config(),
                    new Weights(checkpoint, Kernels.instance(), arena, Precision.F32));
            var pooled = pooled(model, worker, texts);
            for (int text = 0; text < 2; text++) {
                assertClose(pooled[text], expected.at("/expected/pooled").get(text), "padded text " + text);
            }
            var unpadded = pooled(model, worker, List.of(Arrays.copyOf(texts.getFirst(), 11)))[0];
            assertClose(unpadded, expected.at("/expected/unpadded_row0_len11_pooled"), "unpadded");
        }
    }

    private static float[][] pooled(M2Bert model, Worker worker, List<int[]> texts) {
        var tile = Tile.of(texts.stream().map(Tokens::new).toList());
        var states = model.forward(worker, tile, Rows.FIRST);
        var vectors = new float[texts.size()][model.hiddenSize()];
        for (int i = 0; i < vectors.length; i++) {
            java.lang.foreign.MemorySegment.copy(
                    states.data(), ValueLayout.JAVA_FLOAT, i * states.rowBytes(), vectors[i], 0, vectors[i].length);
        }
        return model.pooler().apply(worker, vectors);
    }

    private static void assertClose(float[] vector, JsonNode expected, String what) {
        for (int i = 0; i < vector.length; i++) {
            assertThat(vector[i]).as("%s, dimension %d", what, i).isCloseTo(expected.get(i).floatValue(), within(1e-5f));
        }
    }
}
