package ai.tutti.cli.files;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class TextFileTest {
    @TempDir
    private Path folder;

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '\'', textBlock = """
            <p>One<p>Two</p>                                        | One~~Two
            a<br>b<BR/>c                                            | a~b~c
            <style>p {}</style>x<script>if (a < b) { "</p>" }</script>y | x y
            <!-- <p>not this --> <title>T</title>body               | T~~body
            1 < 2 &amp;&amp; 3 &gt; 2, &#65;&#x42;&euro;&unknown;   | 1 < 2 && 3 > 2, AB€&unknown;
            <table><tr><td>a<td>b<tr><td>c</table>                  | a b~c
            <b>bo</b>ld <a href="x>">link</a>                       | bold ">link
            <script>never closed                                    | ''
            &#0;&#55296;&#9999999;x                                 | x
            """)
    void htmlWithoutItsMarkup(String html, String text) {
        assertThat(HtmlText.of(html)).isEqualTo(text.replace('~', '\n'));
    }

    @Test
    void readsUtf8AndMarkedUtf16() throws IOException {
        assertThat(read("a.txt", "Grüße\r\n".getBytes(StandardCharsets.UTF_8)).text()).isEqualTo("Grüße\r\n");
        assertThat(read("b.txt", "\ufeffGrüße".getBytes(StandardCharsets.UTF_8)).text()).isEqualTo("Grüße");
        for (Charset charset : List.of(StandardCharsets.UTF_16LE, StandardCharsets.UTF_16BE)) {
            assertThat(read("c.txt", "\ufeffGrüße".getBytes(charset)).text()).isEqualTo("Grüße");
        }
    }

    @Test
    void saysWhyAFileIsNoText() throws IOException {
        assertThat(read("a.png", new byte[] {(byte) 0x89, 'P', 'N', 'G', 0, 0}).why()).isEqualTo("binary");
        assertThat(read("b.txt", new byte[] {'a', 0, 'b'}).why()).isEqualTo("binary");
        assertThat(read("c.txt", new byte[(int) TextFile.LARGEST + 1]).why()).isEqualTo("larger than 16 MB");
    }

    @Test
    void walksAllButHiddenFilesAndOneFolder() throws IOException {
        for (String file : List.of("a.txt", "sub/b.md", "sub/.hidden", ".git/config", "index/segments", ".named")) {
            Files.createDirectories(folder.resolve(file).getParent());
            Files.writeString(folder.resolve(file), "x");
        }
        Files.createSymbolicLink(folder.resolve("link"), folder);

        FileWalk walk = FileWalk.of(List.of(folder, folder.resolve(".named")), folder.resolve("index"));

        assertThat(walk.files().stream().map(file -> folder.relativize(file).toString())).containsExactlyInAnyOrder("a.txt", "sub/b.md", ".named");
        assertThat(walk.isGone(folder.resolve("sub/gone.txt"))).isTrue();
        assertThat(walk.isGone(folder.resolve("a.txt"))).isFalse();
        assertThat(walk.isGone(folder.resolveSibling("elsewhere.txt"))).isFalse();
    }

    private TextFile read(String name, byte[] bytes) throws IOException {
        return TextFile.read(Files.write(folder.resolve(name), bytes));
    }
}
