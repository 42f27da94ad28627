package ai.tutti.engine.family;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.tutti.engine.Fixtures;
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
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

/** Hidden states of a tiny checkpoint against transformers'. */
@Tag("reference")
final class BertTest {
    @Test
    void hiddenStatesEqualTheReference() throws IOException {
        var expected = JsonMapper.shared()
                .readTree(Files.readAllBytes(Fixtures.tensors("bert").resolve("expected.json")));
        var texts = new ArrayList<Tokens>();
        for (int i = 0; i < expected.at("/inputs/input_ids").size(); i++) {
            int length = expected.at("/inputs/attention_mask").get(i).valueStream().mapToInt(n -> n.intValue()).sum();
            var ids = Fixtures.ints(expected.at("/inputs/input_ids").get(i));
            texts.add(new Tokens(java.util.Arrays.copyOf(ids, length)));
        }
        var tile = Tile.of(texts);
        var folder = ModelFolder.open(Fixtures.tensors("bert"));
        try (var arena = Arena.ofShared();
                var checkpoint = folder.checkpoint();
                var worker = new Worker(Kernels.instance())) {
            var bert = new Bert(folder.config(), new Weights(checkpoint, Kernels.instance(), arena, Precision.F32));
            for (var rows : List.of(Rows.ALL, Rows.FIRST)) {
                var states = bert.forward(worker, tile, rows);
                for (int text = 0; text < tile.texts(); text++) {
                    int first = rows == Rows.ALL ? tile.starts()[text] : text;
                    int length = rows == Rows.ALL ? tile.length(text) : 1;
                    for (int i = 0; i < length; i++) {
                        var row = expected.at("/expected/last_hidden_state").get(text).get(i);
                        for (int j = 0; j < bert.hiddenSize(); j++) {
                            long place = (first + i) * states.rowBytes() + j * 4L;
                            assertThat(states.data().get(ValueLayout.JAVA_FLOAT, place))
                                    .as("%s, text %d, token %d, dimension %d", rows, text, i, j)
                                    .isCloseTo(row.get(j).floatValue(), within(1e-4f));
                        }
                    }
                }
            }
        }
    }
}
