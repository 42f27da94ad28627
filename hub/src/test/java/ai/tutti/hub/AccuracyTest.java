package ai.tutti.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.tutti.engine.EmbeddingModel;
import ai.tutti.engine.EmbeddingOptions;
import ai.tutti.engine.Engine;
import ai.tutti.engine.ModelOptions;
import ai.tutti.engine.nn.Vectors;
import ai.tutti.engine.tensor.Precision;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The bundled model's real weights against ONNX Runtime on the same file, in f32 on both sides; under every instruction set. */
@Tag("reference")
final class AccuracyTest {
    private static final Engine ENGINE = Engine.create(new Engine.Settings(2, 1_000_000));
    private static final List<String> TEXTS = SampleTexts.forThisCpu(SampleTexts.all());
    private static float[][] expected = {};

    @BeforeAll
    static void askOnnxRuntime() throws OrtException, IOException {
        assertThat(SampleTexts.all()).hasSizeGreaterThanOrEqualTo(200);
        List<int[]> ids;
        try (var model = model(Precision.F32)) {
            ids = model.tokenize(TEXTS, EmbeddingOptions.DEFAULT).ids();
        }
        // Kept for the other runs as on older CPUs, in which it would say the same.
        Path kept = Path.of("target", "onnx-runtime-%08x.floats".formatted(Arrays.deepHashCode(ids.toArray())));
        if (!Files.exists(kept)) {
            write(kept, onnxRuntime(ids));
        }
        expected = read(kept, ids.size());
    }

    @AfterAll
    static void close() {
        ENGINE.close();
    }

    @Test
    void f32IsTheSame() throws InterruptedException {
        try (var model = model(Precision.F32)) {
            var vectors = model.embed(TEXTS);
            double largest = 0;
            double least = 1;
            for (int i = 0; i < vectors.length; i++) {
                assertThat(vectors[i]).as(TEXTS.get(i)).containsExactly(expected[i], within(1e-5f));
                double cosine = Vectors.cosine(vectors[i], expected[i]);
                assertThat(cosine).as(TEXTS.get(i)).isGreaterThanOrEqualTo(0.999999);
                least = Math.min(least, cosine);
                for (int j = 0; j < vectors[i].length; j++) {
                    largest = Math.max(largest, Math.abs(vectors[i][j] - expected[i][j]));
                }
            }
            System.out.printf(
                    "%s, f32 against ONNX Runtime f32: largest difference %.1e, cosine min %.8f%n",
                    ENGINE.cpu(), largest, least);
        }
    }

    @Test
    void bf16IsClose() throws InterruptedException {
        org.junit.jupiter.api.Assumptions.assumeTrue(
                ENGINE.supportedPrecisions().contains(Precision.BF16), "this instruction set has no bf16");
        try (var model = model(Precision.BF16)) {
            var vectors = model.embed(TEXTS);
            double least = 1;
            double sum = 0;
            for (int i = 0; i < vectors.length; i++) {
                double cosine = Vectors.cosine(vectors[i], expected[i]);
                assertThat(cosine).as(TEXTS.get(i)).isGreaterThanOrEqualTo(0.9999);
                least = Math.min(least, cosine);
                sum += cosine;
            }
            System.out.printf(
                    "%s, bf16 against ONNX Runtime f32: cosine min %.6f, mean %.6f%n",
                    ENGINE.cpu(), least, sum / vectors.length);
        }
    }

    private static EmbeddingModel model(Precision precision) {
        var options = new ModelOptions(Hub.BUNDLED, precision, null, null, Map.of());
        return EmbeddingModel.load(ENGINE, Hub.resolve(ModelSpec.parse(Hub.BUNDLED)).folder(), options);
    }

    private static float[][] onnxRuntime(List<int[]> ids) throws OrtException {
        var file = BundledModel.folder().resolve("model.onnx").toString();
        try (var options = new OrtSession.SessionOptions()) {
            options.setIntraOpNumThreads(1); // several spin while they wait for one another
            try (var session = OrtEnvironment.getEnvironment().createSession(file, options)) {
                var vectors = new float[ids.size()][];
                for (int i = 0; i < vectors.length; i++) {
                    vectors[i] = onnxRuntime(session, ids.get(i));
                }
                return vectors;
            }
        }
    }

    private static void write(Path file, float[][] vectors) throws IOException {
        var bytes = ByteBuffer.allocate(vectors.length * vectors[0].length * Float.BYTES);
        for (float[] vector : vectors) {
            for (float number : vector) {
                bytes.putFloat(number);
            }
        }
        Path half = Files.write(file.resolveSibling(file.getFileName() + ".half"), bytes.array());
        Files.move(half, file, StandardCopyOption.ATOMIC_MOVE);
    }

    private static float[][] read(Path file, int count) throws IOException {
        var numbers = ByteBuffer.wrap(Files.readAllBytes(file)).asFloatBuffer();
        var vectors = new float[count][numbers.remaining() / count];
        for (float[] vector : vectors) {
            numbers.get(vector);
        }
        return vectors;
    }

    /** The first token's last hidden state, to length 1. */
    private static float[] onnxRuntime(OrtSession session, int[] ids) throws OrtException {
        var environment = OrtEnvironment.getEnvironment();
        long[][] tokens = {Arrays.stream(ids).asLongStream().toArray()};
        long[][] types = {new long[ids.length]};
        long[][] mask = {new long[ids.length]};
        Arrays.fill(mask[0], 1);
        try (var inputIds = OnnxTensor.createTensor(environment, tokens);
                var typeIds = OnnxTensor.createTensor(environment, types);
                var attention = OnnxTensor.createTensor(environment, mask);
                var results = session.run(
                        Map.of("input_ids", inputIds, "token_type_ids", typeIds, "attention_mask", attention))) {
            var states = (float[][][]) results.get(0).getValue();
            Vectors.normalize(states[0][0]);
            return states[0][0];
        }
    }
}
