package ai.tutti.engine.family;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.tutti.engine.Fixtures;
import ai.tutti.engine.checkpoint.ModelFolder;
import ai.tutti.engine.kernel.Kernels;
import ai.tutti.engine.nn.KeyValues;
import ai.tutti.engine.nn.Rows;
import ai.tutti.engine.nn.Tile;
import ai.tutti.engine.nn.Tokens;
import ai.tutti.engine.tensor.Precision;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Texts behind a prefix that is computed once get the bits that they get when they compute it themselves. */
@Tag("reference")
final class DecoderPrefixTest {
    @TempDir
    Path folder;

    static Stream<Arguments> models() {
        return Stream.of("llama31", "mistral_sliding", "qwen2_reranker", "qwen3_reranker")
                .flatMap(name -> Stream.of(Precision.F32, Precision.BF16).map(precision -> Arguments.of(name, precision)));
    }

    @ParameterizedTest
    @MethodSource("models")
    void sameBitsBehindAPrefixAndWithoutOne(String name, Precision precision) throws IOException {
        assumeTrue(Kernels.instance().cpu().supportedPrecisions().contains(precision), "not on this instruction set");
        var random = new Random(11);
        try (var model = long2048(name, precision)) {
            int vocabulary = model.encoder().vocabularySize();
            for (int length : new int[] {1, 40, 511, 512, 700}) {
                int[] front = random.ints(length, 0, vocabulary).toArray();
                int[] other = random.ints(5, 0, vocabulary).toArray();
                try (var prefix = model.prefix(front);
                        var second = model.prefix(other)) {
                    var plain = new ArrayList<Tokens>();
                    var shared = new ArrayList<Tokens>();
                    for (int own : new int[] {1, 2, 30, 300}) {
                        int[] ids = random.ints(own, 0, vocabulary).toArray();
                        boolean first = random.nextBoolean();
                        plain.add(new Tokens(joined(first ? front : other, ids)));
                        shared.add(new Tokens(first ? prefix : second, ids));
                    }
                    var alone = new Tokens(random.ints(9, 0, vocabulary).toArray());
                    plain.add(alone);
                    shared.add(alone);
                    var expected = model.states(Tile.of(plain), Rows.ALL);
                    var states = model.states(Tile.of(shared), Rows.ALL);
                    var last = model.states(Tile.of(shared), Rows.LAST);
                    for (int i = 0; i < plain.size(); i++) {
                        var what = "prefix of %d, text %d".formatted(length, i);
                        int behind = plain.get(i).count() - shared.get(i).count();
                        var own = java.util.Arrays.copyOfRange(expected[i], behind, expected[i].length);
                        assertThat(states[i]).as(what).isDeepEqualTo(own);
                        assertThat(last[i][0]).as(what).isEqualTo(own[own.length - 1]);
                        assertThat(model.states(Tile.of(List.of(shared.get(i))), Rows.LAST)[0]).as("alone: " + what).isDeepEqualTo(last[i]);
                    }
                }
            }
        }
    }

    @Test
    void aPrefixIsItsModelsAndGoneWhenItIsClosed() throws IOException {
        try (var model = long2048("llama31", Precision.F32);
                var other = LoadedModel.load(ModelFolder.open(Fixtures.tensors("mistral_full")), Precision.F32)) {
            KeyValues prefix = model.prefix(new int[] {1, 2, 3});
            var tile = Tile.of(List.of(new Tokens(prefix, new int[] {4})));
            assertThat(prefix.tokens()).isEqualTo(3);
            assertThat(model.encoder().prefixBytes(3)).isEqualTo(3L * 2 * 3 * 16 * Float.BYTES);
            assertThatThrownBy(() -> other.states(tile, Rows.LAST)).hasMessage("the prefix is another model's");
            model.states(tile, Rows.LAST);
            prefix.hold(model.encoder());
            prefix.close();
            assertThat(prefix.layer(0).keys().data().scope().isAlive()).as("a pass holds it").isTrue();
            prefix.release();
            assertThat(prefix.layer(0).keys().data().scope().isAlive()).isFalse();
            assertThatThrownBy(() -> model.states(tile, Rows.LAST)).hasMessage("the prefix is closed");
        }
    }

    private static int[] joined(int[] front, int[] behind) {
        return IntStream.concat(IntStream.of(front), IntStream.of(behind)).toArray();
    }

    /** The fixture with room for long texts. */
    private LoadedModel long2048(String name, Precision precision) throws IOException {
        var config = Files.readString(Fixtures.tensors(name).resolve("config.json"));
        Files.writeString(
                folder.resolve("config.json"),
                config.replaceAll("\"max_position_embeddings\": \\d+", "\"max_position_embeddings\": 2048"));
        Files.copy(Fixtures.tensors(name).resolve("model.safetensors"), folder.resolve("model.safetensors"));
        return LoadedModel.load(ModelFolder.open(folder), precision);
    }
}
