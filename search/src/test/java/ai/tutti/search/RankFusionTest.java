package ai.tutti.search;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class RankFusionTest {
    private static List<Hit> ranking(String... ids) {
        return Stream.of(ids).map(id -> new Hit(Passage.of(id, "text of " + id), 1)).toList();
    }

    @Test
    void aPassageHighInBothRankingsIsFirst() {
        var fused = RankFusion.fuse(List.of(ranking("a", "b", "c"), ranking("d", "b")), 10);

        assertThat(fused).extracting(hit -> hit.passage().id()).containsExactly("b", "a", "d", "c");
        assertThat(fused.getFirst().score()).isCloseTo((float) (2.0 / 62), within(1e-7f));
        assertThat(fused.getLast().score()).isCloseTo((float) (1.0 / 63), within(1e-7f));
    }

    @Test
    void onlySoManyAreKept() {
        assertThat(RankFusion.fuse(List.of(ranking("b", "a"), ranking("a", "b")), 1))
                .extracting(hit -> hit.passage().id())
                .containsExactly("a");
        assertThat(RankFusion.fuse(List.of(), 1)).isEmpty();
    }
}
