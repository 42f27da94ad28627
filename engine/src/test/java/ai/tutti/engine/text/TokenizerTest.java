package ai.tutti.engine.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.tutti.engine.Fixtures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class TokenizerTest {
    private static Tokenizer bge;

    @TempDir
    Path temporary;

    @BeforeAll
    static void load() throws IOException {
        bge = load("bge");
    }

    @AfterAll
    static void close() {
        bge.close();
    }

    @Test
    void countsTheSpecialTokensAtBothEnds() throws IOException {
        assertThat(bge.prefixTokens()).isEqualTo(1);
        assertThat(bge.suffixTokens()).isEqualTo(1);
        try (Tokenizer mistral = load("e5-mistral");
                Tokenizer qwen = load("qwen3-embedding");
                Tokenizer bare = load("qwen3-reranker")) {
            assertThat(mistral.prefixTokens()).isEqualTo(1);
            assertThat(mistral.suffixTokens()).as("</s> that add_eos_token asks for").isEqualTo(1);
            assertThat(qwen.prefixTokens()).isZero();
            assertThat(qwen.suffixTokens()).isEqualTo(1);
            assertThat(bare.prefixTokens() + bare.suffixTokens()).isZero();
        }
    }

    @Test
    void theEndTokenMayBeNamedInTheMapOfSpecialTokensAlone() throws IOException {
        Path config = temporary.resolve("tokenizer_config.json");
        Files.copy(Fixtures.folder("e5-mistral").resolve("tokenizer.json"), temporary.resolve("tokenizer.json"));
        Files.writeString(config, "{\"add_eos_token\": true, \"eos_token\": null}");
        Files.writeString(temporary.resolve("special_tokens_map.json"), "{\"eos_token\": {\"content\": \"</s>\"}}");
        try (Tokenizer mistral = Tokenizer.load(temporary.resolve("tokenizer.json"), config)) {
            assertThat(mistral.encode("a")).startsWith(1).endsWith(2);
        }
    }

    @Test
    void cutsTheTextAndKeepsTheSpecialTokens() {
        int[] ids = {101, 1, 2, 3, 4, 5, 102};

        assertThat(bge.truncate(ids, 5, Truncation.END)).containsExactly(101, 1, 2, 3, 102);
        assertThat(bge.truncate(ids, 5, Truncation.START)).containsExactly(101, 3, 4, 5, 102);
        assertThat(bge.truncate(ids, 2, Truncation.START)).containsExactly(101, 102);
        assertThat(bge.truncate(ids, 7, Truncation.END)).isSameAs(ids);
        assertThatThrownBy(() -> bge.truncate(ids, 1, Truncation.END)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> bge.truncate(ids, 6, Truncation.ERROR)).isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"bge", "e5-mistral", "gte-modernbert", "multilingual-e5"})
    void unpairedSurrogatesAreReplacementCharacters(String folder) throws IOException {
        try (Tokenizer tokenizer = load(folder)) {
            assertThat(tokenizer.encode("a\ud83cb\udf89 \ud83c")).isEqualTo(tokenizer.encode("a\ufffdb\ufffd \ufffd"));
            assertThat(tokenizer.encode("\udf89\ud83c\udf89")).isEqualTo(tokenizer.encode("\ufffd🎉"));
        }
    }

    /** To this kind of tokenizer a text is one word, however long; were its time quadratic, this would take an hour. */
    @Test
    @Timeout(60)
    void aLongTextIsOneWordToSentencePieceAndQuickYet() throws IOException {
        try (Tokenizer mistral = load("e5-mistral")) {
            String text = "the retrieval of a passage, ".repeat(10_000);
            int[] ids = mistral.encode(text);
            assertThat(ids).hasSizeGreaterThan(50_000).startsWith(1).endsWith(2);
            int[] cut = mistral.truncate(ids, 32_768, Truncation.END);
            assertThat(cut).hasSize(32_768).startsWith(1).endsWith(2);
            int[] start = mistral.truncate(ids, 32_768, Truncation.START);
            assertThat(start).hasSize(32_768).startsWith(1).endsWith(2);
            assertThat(start[32_766]).isEqualTo(ids[ids.length - 2]);
        }
    }

    @Test
    void bytesOfNulAndHighCharactersComeThrough() throws IOException {
        try (Tokenizer mistral = load("e5-mistral")) {
            JsonNode vocabulary = JsonMapper.shared()
                    .readTree(Files.readString(Fixtures.folder("e5-mistral").resolve("tokenizer.json")))
                    .path("model")
                    .path("vocab");
            int[] ids = mistral.encode("\0𓀀");
            List<Integer> bytes = new ArrayList<>();
            for (String piece : List.of("<0x00>", "<0xF0>", "<0x93>", "<0x80>", "<0x80>")) {
                bytes.add(vocabulary.path(piece).intValue());
            }
            assertThat(ids).containsSubsequence(bytes.stream().mapToInt(Integer::intValue).toArray());
        }
    }

    @Test
    void storedTruncationAndPaddingAreIgnored() throws IOException {
        Path file = temporary.resolve("tokenizer.json");
        String json = Files.readString(Fixtures.folder("bge").resolve("tokenizer.json"));
        String stored = json.replaceFirst(
                        "\"truncation\"\\s*:\\s*null",
                        "\"truncation\":{\"direction\":\"Right\",\"max_length\":4,\"strategy\":\"LongestFirst\",\"stride\":0}")
                .replaceFirst(
                        "\"padding\"\\s*:\\s*null",
                        "\"padding\":{\"strategy\":{\"Fixed\":32},\"direction\":\"Right\",\"pad_to_multiple_of\":null,"
                                + "\"pad_id\":0,\"pad_type_id\":0,\"pad_token\":\"[PAD]\"}");
        assertThat(stored).contains("LongestFirst").contains("Fixed");
        Files.writeString(file, stored);
        String text = "What is the capital of France?";
        try (Tokenizer tokenizer = Tokenizer.load(file, temporary.resolve("none"))) {
            assertThat(tokenizer.encode(text)).isEqualTo(bge.encode(text)).hasSize(9);
        }
    }

    @Test
    void manyThreadsGetTheirOwnIds() throws Exception {
        List<String> texts = new ArrayList<>();
        for (JsonNode text : Fixtures.cases("bge").path("cases")) {
            texts.add(text.path("text").stringValue());
        }
        List<int[]> expected = texts.stream().map(bge::encode).toList();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<int[]>> futures = new ArrayList<>();
            for (int i = 0; i < 2000; i++) {
                String text = texts.get(i % texts.size());
                futures.add(threads.submit(() -> bge.encode(text)));
            }
            for (int i = 0; i < futures.size(); i++) {
                assertThat(futures.get(i).get()).isEqualTo(expected.get(i % texts.size()));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"a", "あ", "한", "🎉", "é"})
    void megabytesOfOneLetterAreOneUnknownWord(String letter) {
        assertThat(bge.encode(letter.repeat(10_000_000))).containsExactly(101, 100, 102);
    }

    @Test
    void aClosedTokenizerSaysSo() throws IOException {
        Tokenizer tokenizer = load("bge");
        tokenizer.close();
        tokenizer.close();

        assertThatThrownBy(() -> tokenizer.encode("text")).isInstanceOf(IllegalStateException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "", "[]", "{", "{}", "{\"model\": {\"type\": \"WordPiece\"}}", "{\"model\": 3}",
        "{\"model\": {\"type\": \"WordPiece\", \"vocab\": {}, \"unk_token\": \"[UNK]\", "
                + "\"continuing_subword_prefix\": \"##\", \"max_input_chars_per_word\": 100}}"
    })
    void aBrokenFileIsNamed(String json) throws IOException {
        Path file = temporary.resolve("tokenizer.json");
        Files.writeString(file, json);

        assertThatThrownBy(() -> Tokenizer.load(file, temporary.resolve("none")))
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith(file.toString());
    }

    private static Tokenizer load(String folder) throws IOException {
        Path path = Fixtures.folder(folder);
        return Tokenizer.load(path.resolve("tokenizer.json"), path.resolve("tokenizer_config.json"));
    }
}
