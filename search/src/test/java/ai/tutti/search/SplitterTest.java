package ai.tutti.search;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SplitterTest {
    /** Two special tokens around a text, and a token for every three characters of a word. */
    private static int count(String text) {
        int tokens = 2;
        for (var word : text.strip().split("\\s+")) {
            tokens += (word.length() + 2) / 3;
        }
        return tokens;
    }

    private static List<Passage> split(String text, int maxTokens, int overlap) {
        return new Splitter(SplitterTest::count, maxTokens, overlap).split(new Document("d", text));
    }

    @Test
    void aShortTextIsOnePassage() {
        var document = new Document("a/b.txt", "  All together now. ", Map.of("year", 1969));
        assertThat(new Splitter(SplitterTest::count, 100, 10).split(document))
                .containsExactly(new Passage("a/b.txt#0", "a/b.txt", 2, 19, "All together now.", Map.of("year", 1969L)));
    }

    @Test
    void sentencesStayWholeAndTheLastOnesAreRepeated() {
        var text = "One two six. Ten red hat. Cat sat mat. Dog ran far. Cow ate hay. Pig ate all.";
        assertThat(split(text, 18, 4)).extracting(Passage::text).containsExactly(
                "One two six. Ten red hat. Cat sat mat. Dog ran far.", "Dog ran far. Cow ate hay. Pig ate all.");
        assertThat(split(text, 18, 0)).extracting(Passage::text).containsExactly(
                "One two six. Ten red hat. Cat sat mat. Dog ran far.", "Cow ate hay. Pig ate all.");
    }

    @Test
    void paragraphsEndSentences() {
        var text = "# Refunds\n\nWithin thirty days of delivery you may send it back\n\nNo fee";
        assertThat(split(text, 20, 0)).extracting(Passage::text)
                .containsExactly("# Refunds", "Within thirty days of delivery you may send it back", "No fee");
    }

    @Test
    void aSentenceThatIsTooLongIsCutBetweenWords() {
        var text = "and ".repeat(50) + "so on.";
        var passages = split(text, 20, 0);
        assertThat(passages).hasSize(3).allSatisfy(passage -> assertThat(passage.text()).startsWith("and and"));
        assertThat(passages.getLast().text()).endsWith("so on.");
    }

    @Test
    void aWordThatIsTooLongIsCutBetweenCharacters() {
        var text = "\uD83D\uDE00".repeat(100);
        var passages = split(text, 20, 0);
        assertThat(passages).hasSizeGreaterThan(3).allSatisfy(passage -> {
            assertThat(passage.text()).doesNotContain("\uFFFD");
            assertThat(count(passage.text())).isLessThanOrEqualTo(20);
        });
        assertThat(String.join("", passages.stream().map(Passage::text).toList())).isEqualTo(text);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "\n\n\t \u00A0\u3000"})
    void nothingHasNoPassages(String text) {
        assertThat(split(text, 100, 10)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void whateverTheTextPassagesFitCoverItAndGoOn(long seed) {
        var random = new Random(seed);
        var pieces = List.of("a", "word ", ". ", "\n", "\n\n", "Longer text here. ", "それは。", "\uD83D\uDE00", "x".repeat(90), "\t", "!", "\uD800");
        var text = new StringBuilder();
        for (int i = 0; i < 600; i++) {
            text.append(pieces.get(random.nextInt(pieces.size())));
        }
        int overlap = random.nextInt(15);
        var passages = split(text.toString(), 30, overlap);

        int covered = 0;
        int start = -1;
        for (var passage : passages) {
            assertThat(count(passage.text())).isLessThanOrEqualTo(30);
            assertThat(passage.text()).isEqualTo(Texts.storable(text.substring(passage.start(), passage.end())));
            assertThat(passage.start()).isGreaterThan(start);
            assertThat(passage.end()).isGreaterThan(covered);
            if (passage.start() > covered) {
                assertThat(text.substring(covered, passage.start())).isBlank();
            } else {
                assertThat(count(text.substring(passage.start(), covered)) - 2).isLessThanOrEqualTo(overlap);
            }
            start = passage.start();
            covered = passage.end();
        }
        assertThat(text.substring(covered)).isBlank();
    }

    @Test
    void limitsThatMakeNoSenseAreRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Splitter(SplitterTest::count, 17, 0))
                .withMessage("a passage needs at least 18 tokens, not 17");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Splitter(SplitterTest::count, 100, 51))
                .withMessage("overlap must be between 0 and half of 100 tokens, not 51");
    }
}
