package ai.tutti.engine.family;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.tutti.engine.Fixtures;
import ai.tutti.engine.checkpoint.Checkpoint;
import ai.tutti.engine.checkpoint.ModelFolder;
import ai.tutti.engine.checkpoint.ModelLoadException;
import ai.tutti.engine.kernel.Helper;
import ai.tutti.engine.kernel.GivenUpException;
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
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
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
        load(folder, Precision.F32, (model, worker) -> {
            var pooled = pooled(model, worker, texts);
            for (int text = 0; text < 2; text++) {
                assertClose(pooled[text], expected.at("/expected/pooled").get(text), "padded text " + text);
            }
            var unpadded = pooled(model, worker, List.of(Arrays.copyOf(texts.getFirst(), 11)))[0];
            assertClose(unpadded, expected.at("/expected/unpadded_row0_len11_pooled"), "unpadded");
        });
    }

    @ParameterizedTest
    @CsvSource({"16,32,64,2", "33,16,32,1", "100,40,48,3", "257,24,72,2", "300,48,96,2", "700,16,48,2"})
    void vectorsEqualDirectSums(int length, int hidden, int wide, int layers) throws IOException {
        var random = new RandomM2(length, length, hidden, wide, layers, 24);
        random.write(folder);
        var slow = new SlowM2(random);
        load(folder, Precision.F32, (model, worker) -> {
            for (int tokens : new int[] {length, length / 2 + 1, 3, 1}) {
                var text = random.text(tokens);
                var whole = Arrays.copyOf(text, length);
                for (var ids : List.of(text, whole)) {
                    var vector = pooled(model, worker, List.of(ids))[0];
                    var expected = slow.vector(ids);
                    for (int i = 0; i < hidden; i++) {
                        assertThat(vector[i])
                                .as("%d tokens of %d, dimension %d", tokens, ids.length, i)
                                .isCloseTo((float) expected[i], within(1e-5f));
                    }
                }
            }
        });
    }

    @ParameterizedTest
    @ValueSource(ints = {128, 256})
    void aTextHasTheSameBitsAloneAndBesideOthers(int hidden) throws IOException {
        var random = new RandomM2(7, 300, hidden, hidden, 2, 16);
        random.write(folder);
        for (var precision : Kernels.instance().cpu().supportedPrecisions()) {
            load(folder, precision, (model, worker) -> {
                var texts = List.of(random.text(300), random.text(5), random.text(40), random.text(300));
                var together = pooled(model, worker, texts);
                for (int i = 0; i < texts.size(); i++) {
                    assertThat(pooled(model, worker, List.of(texts.get(i)))[0]).isEqualTo(together[i]);
                }
            });
        }
    }

    @ParameterizedTest
    @CsvSource({"128, 128", "120, 128", "128, 120"})
    void bf16IsF32WhereSidesAreNoMultiples(int hidden, int wide) throws IOException {
        var cpu = Kernels.instance().cpu();
        assumeTrue(cpu.supportedPrecisions().contains(Precision.BF16), "this instruction set has no bf16");
        new RandomM2(7, 20, hidden, wide, 1, 16).write(folder);
        boolean digits = cpu.multipliesBytes() && hidden == 128 && wide == 128;
        load(folder, Precision.BF16, (model, worker) -> assertThat(model.precision(Precision.BF16))
                .isEqualTo(digits ? Precision.BF16 : Precision.F32));
    }

    @ParameterizedTest
    @ValueSource(ints = {128, 256})
    void aTextHasTheSameBitsWithOneWorkerAndWithTwo(int hidden) throws IOException {
        var random = new RandomM2(8, 1100, hidden, hidden, 3, 16);
        random.write(folder);
        for (var precision : Kernels.instance().cpu().supportedPrecisions()) {
            load(folder, precision, (model, worker) -> {
                for (int length : new int[] {1100, 1024, 514, 513, 512, 300}) {
                    var text = List.of(length == 1024 ? Arrays.copyOf(random.text(200), 1100) : random.text(length));
                    var alone = pooled(model, worker, text);
                    try (var _ = new Helper(worker)) {
                        for (int i = 0; i < 3; i++) {
                            assertThat(pooled(model, worker, text)).isDeepEqualTo(alone);
                        }
                    }
                }
            });
        }
    }

    /** As deep as the published models, where plain bf16 leaves a cosine of 0.99. */
    @Test
    void staysCloseThroughTwelveLayers() throws IOException {
        var random = new RandomM2(4, 512, 128, 512, 12, 32);
        random.write(folder);
        var slow = new SlowM2(random);
        for (int tokens : new int[] {40, 512}) {
            var ids = Arrays.copyOf(random.text(tokens), 512);
            var expected = slow.vector(ids);
            for (var precision : Kernels.instance().cpu().supportedPrecisions()) {
                load(folder, precision, (model, worker) -> assertThat(
                                cosine(pooled(model, worker, List.of(ids))[0], expected))
                        .as("%d tokens, %s", tokens, precision)
                        .isGreaterThan(0.99999));
            }
        }
    }

    /** At sizes for which there is machine code, where the CPU has it. */
    @Test
    void staysCloseByMachineCode() throws IOException {
        var random = new RandomM2(5, 1024, 256, 256, 3, 16);
        random.write(folder);
        var ids = Arrays.copyOf(random.text(700), 1024);
        var expected = new SlowM2(random).vector(ids);
        for (var precision : Kernels.instance().cpu().supportedPrecisions()) {
            load(folder, precision, (model, worker) ->
                    assertThat(cosine(pooled(model, worker, List.of(ids))[0], expected)).isGreaterThan(0.999999));
        }
    }

    /** v * x1 is far beyond f16's range, which ends at 65504; a layer of such weights triples the error of each of its streams. */
    @Test
    void staysCloseByMachineCodeWhateverTheStreamsAre() throws IOException {
        var random = new RandomM2(6, 1024, 256, 256, 3, 16);
        for (int layer = 0; layer < 3; layer++) {
            for (var tensor : new String[] {"weight", "bias"}) {
                var values = requireNonNull(random.tensors.get("encoder.layer." + layer + ".attention.in_linear." + tensor));
                for (int i = 0; i < values.length; i++) {
                    values[i] *= 1000;
                }
            }
        }
        random.write(folder);
        var ids = Arrays.copyOf(random.text(700), 1024);
        var expected = new SlowM2(random).vector(ids);
        for (var precision : Kernels.instance().cpu().supportedPrecisions()) {
            load(folder, precision, (model, worker) ->
                    assertThat(cosine(pooled(model, worker, List.of(ids))[0], expected)).isGreaterThan(0.999));
        }
    }

    /** The published 2k model's shape. Takes a minute: {@code -Dtutti.slow=true}. */
    @Test
    @EnabledIfSystemProperty(named = "tutti.slow", matches = "true")
    void staysCloseAtFullShape() throws IOException {
        var random = new RandomM2(1, 2048, 768, 3072, 12, 128);
        random.write(folder);
        var ids = Arrays.copyOf(random.text(300), 2048);
        var expected = new SlowM2(random).vector(ids);
        for (var precision : Kernels.instance().cpu().supportedPrecisions()) {
            load(folder, precision, (model, worker) -> {
                double cosine = cosine(pooled(model, worker, List.of(ids))[0], expected);
                System.out.println("M2-BERT 2k, " + precision + ": cosine to direct sums in double " + cosine);
                assertThat(cosine).isGreaterThan(0.99999);
            });
        }
    }

    private static double cosine(float[] a, double[] b) {
        double dot = 0;
        double aa = 0;
        double bb = 0;
        for (int i = 0; i < b.length; i++) {
            dot += a[i] * b[i];
            aa += (double) a[i] * a[i];
            bb += b[i] * b[i];
        }
        return dot / Math.sqrt(aa * bb);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock = """
            "bidirectional": true      | "bidirectional": false      | bidirectional is false; only true can be served
            "pool_all": false          | "pool_all": true            | pool_all is true; only false can be served
            "hyena_w_mod": 1           | "hyena_w_mod": 2            | hyena_w_mod is 2; only 1 can be served
            "monarch_mlp_nblocks": 4   | "monarch_mlp_nblocks": 3    | monarch_mlp_nblocks is 3; it must be even and divide hidden_size
            "long_conv_l_max": 64      | "long_conv_l_max": 32       | long_conv_l_max is 32; it must be between 64 and
            "long_conv_l_max": 64      | "long_conv_l_max": 128      | filter_fn.pos_emb.z has shape
            "hyena_filter_order": 8    | "hyena_filter_order": 16    | implicit_filter.0.weight has shape
            "hidden_act": "gelu"       | "hidden_act": "relu"        | hidden_act is relu; only gelu can be served
            """)
    void refusesWhatItCannotCompute(String found, String put, String message) throws IOException {
        new RandomM2(3, 64, 16, 32, 1, 8).write(folder);
        var config = folder.resolve("config.json");
        Files.writeString(config, Files.readString(config).replace(found, put));

        assertThatThrownBy(() -> load(folder, Precision.F32, (model, worker) -> {}))
                .isInstanceOf(ModelLoadException.class)
                .hasMessageContaining(message)
                .message()
                .doesNotContain("\n");
    }

    @Test
    void aPassThatNobodyWantsIsLeftBetweenLayers() {
        load(Fixtures.tensors("m2_bert"), Precision.F32, (model, worker) -> {
            var asked = new AtomicInteger();
            worker.wanted(() -> asked.incrementAndGet() < 2);
            assertThatThrownBy(() -> pooled(model, worker, List.of(new int[] {5, 6})))
                    .isInstanceOf(GivenUpException.class);
            assertThat(asked).hasValue(2);
        });
    }

    private static void load(Path folder, Precision precision, BiConsumer<M2Bert, Worker> test) {
        try (var arena = Arena.ofShared();
                var checkpoint = Checkpoint.open(folder);
                var worker = new Worker(Kernels.instance())) {
            var weights = new Weights(checkpoint, Kernels.instance(), arena, precision);
            var model = M2Bert.read(ModelFolder.open(folder).config(), weights);
            model.prepare(model.paddedLength());
            test.accept(model, worker);
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
