package ai.tutti.engine.family;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.tutti.engine.Fixtures;
import ai.tutti.engine.checkpoint.ModelFolder;
import ai.tutti.engine.nn.Rows;
import ai.tutti.engine.nn.Tile;
import ai.tutti.engine.nn.Tokens;
import ai.tutti.engine.tensor.Precision;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The same text gives the same bits alone, beside any neighbour, in any place of any tile. */
@Tag("reference")
final class InvarianceTest {
    private static final int ROUNDS = 4;

    static Stream<Arguments> families() {
        return Stream.of(
                        "bert_cross_encoder",
                        "xlm_roberta_reranker",
                        "modernbert_reranker_mean",
                        "deberta_v2_reranker",
                        "mistral_sliding",
                        "qwen3_reranker")
                .flatMap(name -> Stream.of(Precision.values())
                        .filter(precision -> precision != Precision.INT8 || !name.matches("(modernbert|deberta).*"))
                        .map(precision -> Arguments.of(name, precision)));
    }

    @ParameterizedTest
    @MethodSource("families")
    void sameBitsAloneAndBesideOthers(String name, Precision precision) {
        var folder = ModelFolder.open(Fixtures.tensors(name));
        assumeTrue(LoadedModel.computes(folder, precision), "not on this instruction set");
        var random = new Random(7);
        try (var model = LoadedModel.load(folder, precision)) {
            for (int round = 0; round < ROUNDS; round++) {
                var texts = texts(random, model.encoder().vocabularySize(), folder.positions());
                var tile = Tile.of(texts);
                var states = model.states(tile, Rows.ALL);
                var first = model.states(tile, Rows.FIRST);
                var last = model.states(tile, Rows.LAST);
                var logits = model.classifies() ? model.logits(tile) : new float[0][];
                for (int i = 0; i < texts.size(); i++) {
                    var alone = Tile.of(List.of(texts.get(i)));
                    var what = "round %d, text %d of %d tokens".formatted(round, i, texts.get(i).count());
                    assertThat(model.states(alone, Rows.ALL)[0]).as(what).isDeepEqualTo(states[i]);
                    assertThat(model.states(alone, Rows.FIRST)[0]).as(what).isDeepEqualTo(first[i]);
                    assertThat(model.states(alone, Rows.LAST)[0]).as(what).isDeepEqualTo(last[i]);
                    if (logits.length > 0) {
                        assertThat(model.logits(alone)[0]).as(what).isEqualTo(logits[i]);
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("families")
    void sameBitsWithOneWorkerAndWithTwo(String name, Precision precision) {
        var folder = ModelFolder.open(Fixtures.tensors(name));
        assumeTrue(LoadedModel.computes(folder, precision), "not on this instruction set");
        var random = new Random(8);
        try (var model = LoadedModel.load(folder, precision)) {
            for (int round = 0; round < ROUNDS; round++) {
                var tile = Tile.of(texts(random, model.encoder().vocabularySize(), folder.positions()));
                var states = model.states(tile, Rows.ALL);
                var first = model.states(tile, Rows.FIRST);
                try (var _ = model.helper()) {
                    assertThat(model.states(tile, Rows.ALL)).isDeepEqualTo(states);
                    assertThat(model.states(tile, Rows.FIRST)).isDeepEqualTo(first);
                }
            }
        }
    }

    /** Of one token and of all the model takes, and whatever lies between. */
    private static List<Tokens> texts(Random random, int vocabulary, int longest) {
        var texts = new ArrayList<Tokens>();
        int count = 1 + random.nextInt(40);
        for (int i = 0; i < count; i++) {
            int length = i == 0 ? 1 : i == 1 ? longest : 1 + random.nextInt(longest);
            int[] ids = random.ints(length, 0, vocabulary).toArray();
            texts.add(new Tokens(ids, random.nextInt(length + 1)));
        }
        java.util.Collections.shuffle(texts, random);
        return texts;
    }
}
