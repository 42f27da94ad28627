package ai.tutti.engine.text;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is kept of two texts that are too long together. */
final class PairTruncationTest {
    @ParameterizedTest
    @CsvSource({
        "3, 4, 7,  3, 4", // fits
        "3, 9, 7,  3, 4", // the longer one gives
        "9, 3, 7,  4, 3",
        "9, 9, 7,  3, 4", // both give; the odd token stays with the second
        "20, 9, 7, 4, 3", // or with the longer one
        "9, 20, 7, 3, 4",
        "9, 20, 8, 4, 4",
        "5, 4, 7,  4, 3",
        "4, 5, 7,  3, 4",
        "0, 9, 7,  0, 7",
        "9, 0, 7,  7, 0",
        "8, 0, 7,  7, 0",
        "5, 5, 1,  0, 1",
    })
    void theLongestIsCutFirst(int first, int second, int room, int keptFirst, int keptSecond) {
        assertThat(PairTruncation.longestFirst(first, second, room))
                .isEqualTo(new PairTruncation(keptFirst, keptSecond));
    }

    @Test
    void theBeginningStaysOrTheEnd() {
        int[] ids = {1, 2, 3};

        assertThat(PairTruncation.keep(ids, 2, Truncation.END)).containsExactly(1, 2);
        assertThat(PairTruncation.keep(ids, 2, Truncation.START)).containsExactly(2, 3);
        assertThat(PairTruncation.keep(ids, 3, Truncation.START)).isSameAs(ids);
    }
}
