package ai.tutti.engine.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.tutti.engine.Fixtures;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.regex.Pattern;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A damaged {@code tokenizer.json} is refused in one line; the native side would end the process over some of these. */
class BrokenTokenizersTest {
    private static final String CHARS = "0123456789abcXYZ";

    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            multilingual-e5 | "precompiled_charsmap": "[^"]{8}             | "precompiled_charsmap": "////////  | its precompiled_charsmap cannot be used: it has no trie
            multilingual-e5 | "precompiled_charsmap": "([^"]{30})[^"]{40}  | "precompiled_charsmap": "$1////////////////////////////////////////  | its trie leads
            multilingual-e5 | "precompiled_charsmap": "[^"]*"              | "precompiled_charsmap": "!"        | its precompiled_charsmap cannot be used: Input byte[]
            multilingual-e5 | "precompiled_charsmap": "[^"]*"              | "charsmap": ""                     | its precompiled_charsmap cannot be used: it has no trie
            bge             | "ids": \\[\\s*102\\s*\\],\\s*"tokens"        | "ids": [102], "token"              | is not a tokenizer
            bge             | "\\[SEP\\]": \\{\\s*"id"                     | "[SAP]": {"id"                     | its template asks for the token "[SEP]", which is not described
            bge             | ("Sequence": \\{\\s*"id": )"A"               | $1"B"                              | its template for one text asks for a second
            bge             | "unk_token": "\\[UNK\\]"                     | "unk_token": "[NONE]"              | is not a tokenizer: WordPiece error: Missing [UNK] token
            bge             | "normalizer"                                 | "model"                            | has the key "model" twice
            """)
    void whatIsBroken(String name, String old, String fresh, String message) throws IOException {
        String json = Files.readString(Fixtures.folder(name).resolve("tokenizer.json"));
        String broken = Pattern.compile(old).matcher(json).replaceFirst(fresh);
        assertThat(broken).isNotEqualTo(json);

        assertThatThrownBy(() -> load(broken))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(message)
                .satisfies(e -> assertThat(e.getMessage()).hasLineCount(1));
    }

    /** Letters and digits changed at random, so that most of the file stays what it was. */
    @ParameterizedTest
    @ValueSource(strings = {"bge", "multilingual-e5", "gte-modernbert", "mxbai-rerank-v1"})
    void whatIsDamagedAtRandom(String name) throws IOException {
        byte[] whole = Files.readAllBytes(Fixtures.folder(name).resolve("tokenizer.json"));
        Random random = new Random(7);
        int loaded = 0;
        for (int round = 0; round < 500; round++) {
            byte[] damaged = whole.clone();
            for (int i = random.nextInt(4); i >= 0; i--) {
                int at = random.nextInt(round % 3 == 0 ? 3000 : damaged.length);
                while (!Character.isLetterOrDigit(damaged[at])) {
                    at = (at + 1) % damaged.length;
                }
                damaged[at] = (byte) CHARS.charAt(random.nextInt(CHARS.length()));
            }
            try (Tokenizer tokenizer = load(new String(damaged, StandardCharsets.UTF_8))) {
                tokenizer.encode("Hello wörld, 漢字 [SEP] <mask> 123 ﬁ Ａ１２ ① ｶﾞ Ⅷ");
                loaded++;
            } catch (IOException e) {
                assertThat(e.getMessage()).hasLineCount(1);
            }
        }
        assertThat(loaded).isBetween(1, 499);
    }

    private Tokenizer load(String json) throws IOException {
        return Tokenizer.load(folder.resolve("tokenizer.json"), json, folder.resolve("tokenizer_config.json"));
    }
}
