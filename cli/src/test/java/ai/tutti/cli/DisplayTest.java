package ai.tutti.cli;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.Help.Ansi;

/** What a terminal gets to see of texts from anywhere. */
final class DisplayTest {
    @Test
    void aTextIsOneLineThatFits() {
        assertThat(Display.clip("  a\n\n b\tc  ", 10)).isEqualTo("a b c");
        assertThat(Display.clip("0123456789", 10)).isEqualTo("0123456789");
        assertThat(Display.clip("0123456789x", 10)).isEqualTo("012345678…");
        assertThat(Display.clip("日本語日本語", 8)).as("two columns each").isEqualTo("日本語…");
        assertThat(Display.clip("e\u0301".repeat(10), 10)).as("accents take no column").isEqualTo("e\u0301".repeat(10));
    }

    @Test
    void nothingSteersTheTerminal() {
        assertThat(Display.clip("\u001b[31mred\u001b[0m \u202eright to left\u0007", 80)).isEqualTo("[31mred[0m right to left");
        assertThat(Display.safe("one\n\u001b]0;title\u0007two\t")).isEqualTo("one\n]0;titletwo\t");
    }

    @ParameterizedTest
    @ValueSource(ints = {20, 29, 37, 40, 68})
    void aSnippetIsARunOfTheTextWithoutGaps(int width) {
        String text = IntStream.range(0, 200).mapToObj(i -> "word" + i).collect(joining(" "));

        List<String> snippet = Snippet.of(text, "word77", width, 3);

        assertThat(snippet).hasSize(3).allMatch(line -> line.length() <= width);
        String shown = String.join(" ", snippet);
        assertThat(shown).startsWith("… ").endsWith(" …").contains("word77");
        assertThat(" " + text + " ").contains(shown.substring(1, shown.length() - 1));
    }

    @Test
    void aTerminalThatSaysNoWidthHasTheUsualOne() {
        assertThat(Terminal.columns(0)).isEqualTo(80);
        assertThat(Terminal.columns(20)).isEqualTo(40);
        assertThat(Terminal.columns(120)).isEqualTo(120);
    }

    @Test
    void aSnippetShowsTheQuerysWords() {
        String text = "nothing here ".repeat(20) + "the choir sings in the church " + "nothing there ".repeat(20);

        List<String> snippet = Snippet.of(text, "Which choir sings?", 40, 3);

        assertThat(snippet).hasSize(3).allMatch(line -> line.length() <= 40);
        assertThat(String.join(" ", snippet)).startsWith("… ").endsWith(" …").contains("choir sings");
        assertThat(Snippet.highlight("The choir.", "Which choir?", Ansi.ON)).isEqualTo("The \u001b[1;33mchoir\u001b[0m.");
        assertThat(Snippet.highlight("The choir.", "Which choir?", Ansi.OFF)).isEqualTo("The choir.");
        assertThat(Snippet.of("short", "x", 40, 3)).containsExactly("short");
    }
}
