package ai.tutti.hub;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.tutti.engine.EmbeddingModel;
import ai.tutti.engine.Engine;
import ai.tutti.engine.ModelOptions;
import ai.tutti.engine.kernel.Kernels;
import ai.tutti.engine.nn.Vectors;
import ai.tutti.engine.tensor.Precision;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The bundled model's vectors in int8 beside those in f32, over 500 texts that its calibration has not seen: this project's
 * documents, comments and code, and {@link SampleTexts}.
 */
@Tag("reference")
final class Int8AccuracyTest {
    private static final int NEIGHBOURS = 10;

    @Test
    void vectorsAndNeighboursStay() throws InterruptedException, IOException {
        assumeTrue(Kernels.instance().cpu().multipliesBytes(), "this instruction set has no exact products of bytes");
        assertThat(texts()).hasSizeGreaterThanOrEqualTo(500);
        var texts = SampleTexts.forThisCpu(texts());
        try (var engine = Engine.create(new Engine.Settings(2, 1_000_000))) {
            var expected = vectors(engine, Precision.F32, texts);
            var vectors = vectors(engine, Precision.INT8, texts);
            double least = 1;
            double sum = 0;
            double kept = 0;
            for (int i = 0; i < vectors.length; i++) {
                double cosine = Vectors.cosine(vectors[i], expected[i]);
                double bound = texts.get(i).strip().length() > 1 ? 0.998 : 0.997; // a lone mark has few tokens to average over
                assertThat(cosine).as(texts.get(i)).isGreaterThanOrEqualTo(bound);
                least = Math.min(least, cosine);
                sum += cosine;
                var neighbours = neighbours(expected, i);
                neighbours.retainAll(neighbours(vectors, i));
                kept += neighbours.size() / (double) NEIGHBOURS;
            }
            double mean = sum / vectors.length;
            double overlap = kept / vectors.length;
            System.out.printf(
                    "%s, int8 against f32: cosine min %.6f, mean %.6f, top %d overlap %.2f %%%n",
                    engine.cpu(), least, mean, NEIGHBOURS, overlap * 100);
            assertThat(mean).isGreaterThanOrEqualTo(0.9995);
            assertThat(overlap).isGreaterThanOrEqualTo(0.96);
        }
    }

    @Test
    void everyStartGivesTheSameBits() throws InterruptedException {
        assumeTrue(Kernels.instance().cpu().multipliesBytes(), "this instruction set has no exact products of bytes");
        var texts = List.of("All together now", "The same folder, the same codes.");
        try (var engine = Engine.create(new Engine.Settings(1, 1_000_000))) {
            assertThat(vectors(engine, Precision.INT8, texts)).isDeepEqualTo(vectors(engine, Precision.INT8, texts));
        }
    }

    private static List<String> texts() throws IOException {
        try (var resource = requireNonNull(Int8AccuracyTest.class.getResourceAsStream("held-out.txt"))) {
            var texts = new ArrayList<>(
                    List.of(new String(resource.readAllBytes(), StandardCharsets.UTF_8).strip().split("\n\n")));
            texts.addAll(SampleTexts.all());
            return texts;
        }
    }

    private static float[][] vectors(Engine engine, Precision precision, List<String> texts) throws InterruptedException {
        var options = new ModelOptions(Hub.BUNDLED, precision, null, null, Map.of());
        var folder = Hub.resolve(ModelSpec.parse(Hub.BUNDLED)).folder();
        try (var model = EmbeddingModel.load(engine, folder, options)) {
            assertThat(model.precision()).isEqualTo(precision);
            return model.embed(texts);
        }
    }

    private static Set<Integer> neighbours(float[][] vectors, int of) {
        var similarity = Arrays.stream(vectors).mapToDouble(one -> Vectors.cosine(one, vectors[of])).toArray();
        return IntStream.range(0, vectors.length)
                .filter(i -> i != of)
                .boxed()
                .sorted(Comparator.comparingDouble(i -> -similarity[i]))
                .limit(NEIGHBOURS)
                .collect(Collectors.toCollection(HashSet::new));
    }
}
