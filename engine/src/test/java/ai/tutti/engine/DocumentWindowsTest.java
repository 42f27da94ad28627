package ai.tutti.engine;

import static org.assertj.core.api.Assertions.assertThat;

import ai.tutti.engine.text.Truncation;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which tokens of a document each window has. */
final class DocumentWindowsTest {
    @ParameterizedTest
    @CsvSource({
        "0,  4, 0, 9, END,   ''",
        "4,  4, 0, 9, END,   0-3",
        "5,  4, 0, 9, END,   0-3 4-4",
        "8,  4, 0, 9, END,   0-3 4-7",
        "5,  4, 3, 9, END,   0-3 1-4",
        "7,  4, 1, 9, END,   0-3 3-6",
        "8,  4, 1, 9, END,   0-3 3-6 6-7",
        "20, 4, 1, 2, END,   0-3 3-6",
        "20, 4, 1, 2, START, 13-16 16-19",
        "20, 4, 0, 1, END,   0-3",
    })
    void windowsShareTheirOverlap(int tokens, int size, int overlap, int most, Truncation truncation, String expected) {
        var windows = new DocumentWindows(size, overlap, most, truncation);
        var found = windows.of(IntStream.range(0, tokens).toArray());

        var spans = found.stream()
                .filter(window -> window.length > 0)
                .map(window -> window[0] + "-" + window[window.length - 1])
                .toList();
        assertThat(String.join(" ", spans)).isEqualTo(expected);
        assertThat(windows.tokens(tokens, 5))
                .isEqualTo(found.stream().mapToLong(window -> window.length + 5).sum());
    }

    @Test
    void howManyTokensThereWouldBeIsKnownBeforeTheyAreMade() {
        var windows = new DocumentWindows(500, 499, Integer.MAX_VALUE, Truncation.END);

        assertThat(windows.tokens(1_000_000, 12)).isEqualTo(999_501L * 512);
    }
}
