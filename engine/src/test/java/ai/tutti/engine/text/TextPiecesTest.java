package ai.tutti.engine.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import ai.tutti.engine.Fixtures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;

/** The ids of a text's pieces are the ids of the whole text. */
class TextPiecesTest {
    private static final TokenizersLibrary LIBRARY = TokenizersLibrary.LIB;
    private static final List<String> PARTS = List.of(
            " ", " ", "\n", "\t", "\r\n", "  ", "\u00a0", "\u2003", "\u3000", "\u200b", "\0", "\u0085", "\ufeff",
            ".", ",", "!", "?", "-", "'", "\"", "(", ")", "#", "##", "##s", "%", "&", "_", "$", "…", "—", "。", "،",
            "[SEP]", "[CLS]", "[MASK]", "<mask>", "</s>", "<unk>", "|||IP_ADDRESS|||", "   ", "don't", "word", "Wort", "слово", "λόγος", "[sep]", "[", "]", "[S", "EP]", "[UNK]", "[PAD]",
            "the", "capital", "France", "panda", "mountains", "Solarzellen", "naïve", "Straße", "İstanbul", "ΟΔΟΣ",
            "\u0301", "\u0308", "e\u0301", "a\u0327\u0301", "\u0903", "字", "漢字かな", "한국어", "عَرَبِيّ", "नमस्ते",
            "🎉", "🏽", "𠀀", "𐄀", "𝒳", "👩‍👩‍👧", "🇩🇪", "x", "1998", "3.14", "l'été", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");

    @ParameterizedTest
    @ValueSource(strings = {"bge", "gte-large", "uae-large", "m2-bert", "ms-marco-minilm"})
    void bertsIdsStayTheSame(String folder) throws IOException {
        Pieces pieces = Objects.requireNonNull(TextPieces.of(file(folder), 16));

        idsStayTheSame(folder, pieces, json(folder));
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "multilingual-e5", "bge-reranker", "mxbai-rerank-v1", "gte-modernbert", "gte-reranker-modernbert", "qwen3-embedding", "llama-rank"
    })
    void othersIdsStayTheSame(String folder) throws IOException {
        Pieces pieces = Objects.requireNonNull(SpacePieces.of(file(folder), 16, 1 << 20));

        idsStayTheSame(folder, pieces, json(folder));
    }

    /** The forms that newer converters give the same tokenizers. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            {"type":"WhitespaceSplit"},{"type":"Metaspace","replacement":"▁","add_prefix_space":true} | {"type":"Metaspace","replacement":"▁","prepend_scheme":"always","split":true}
            {"type":"WhitespaceSplit"},{"type":"Metaspace","replacement":"▁","add_prefix_space":true} | {"type":"Metaspace","replacement":"▁","prepend_scheme":"first","split":true}
            {"type":"WhitespaceSplit"},{"type":"Metaspace","replacement":"▁","add_prefix_space":true} | {"type":"WhitespaceSplit"},{"type":"Metaspace","replacement":"▁","prepend_scheme":"first"}
            {"type":"WhitespaceSplit"},{"type":"Metaspace","replacement":"▁","add_prefix_space":true} | {"type":"Punctuation","behavior":"Isolated"},{"type":"Metaspace","replacement":"▁","prepend_scheme":"always"}
            """)
    void newerFormsOfXlmRoberta(String old, String fresh) throws IOException {
        String json = JsonMapper.shared().readTree(json("multilingual-e5")).toString();
        assertThat(json).contains(old);
        String changed = json.replace(old, fresh);
        Pieces pieces = Objects.requireNonNull(SpacePieces.of(TokenizerFile.parse(Path.of("t"), changed), 16, 1 << 20));

        idsStayTheSame("multilingual-e5", pieces, changed);
    }

    @Test
    void whatCannotBeCutIsRefusedOverALimit() throws IOException {
        TokenizerFile mistral = file("e5-mistral");
        assertThat(TextPieces.of(mistral, 16)).isNull();
        assertThat(SpacePieces.of(mistral, 16, 100)).isNull();
        assertThatThrownBy(() -> Pieces.of(mistral).forEach("a ".repeat(SpacePieces.LONGEST), piece -> {}))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("a text of this model may have at most 524,288 characters, and one has 1,048,576");

        Pieces spaces = Objects.requireNonNull(SpacePieces.of(file("multilingual-e5"), 16, 100));
        assertThatThrownBy(() -> spaces.forEach("words and " + "1".repeat(200), piece -> {}))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageStartingWith("a text of this model may have at most 100 characters without a space between letters");
    }

    @Test
    void longTextsOfManyWordsComeInPieces() throws IOException {
        List<Integer> lengths = new ArrayList<>();
        String text = "several words ".repeat(100_000);
        Pieces.of(file("multilingual-e5")).forEach(text, piece -> lengths.add(piece.length()));

        assertThat(lengths).hasSizeGreaterThan(40).allMatch(length -> length < Pieces.SIZE + 100);
        assertThat(lengths.stream().mapToInt(Integer::intValue).sum()).isEqualTo(text.length());
    }

    private static void idsStayTheSame(String folder, Pieces pieces, String json) throws IOException {
        TokenizerNatives.load();
        long tokenizer = LIBRARY.createTokenizerFromString(json);
        Random random = new Random(folder.hashCode());
        long cuts = 0;
        for (int i = 0; i < 100; i++) {
            String text = text(random, 20 + random.nextInt(200));
            LongStream.Builder cut = LongStream.builder();
            AtomicInteger count = new AtomicInteger();
            pieces.forEach(text, piece -> {
                count.incrementAndGet();
                LongStream.of(ids(tokenizer, piece)).forEach(cut);
            });
            cuts += count.get() - 1;

            assertThat(cut.build().toArray()).as("%s", text).isEqualTo(ids(tokenizer, text));
        }
        LIBRARY.deleteTokenizer(tokenizer);
        assertThat(cuts).isGreaterThan(100);
    }

    private static TokenizerFile file(String folder) throws IOException {
        return TokenizerFile.parse(Path.of(folder), json(folder));
    }

    private static String json(String folder) throws IOException {
        return Files.readString(Fixtures.folder(folder).resolve("tokenizer.json"));
    }

    private static String text(Random random, int parts) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < parts; i++) {
            String part = PARTS.get(random.nextInt(PARTS.size()));
            text.append(random.nextInt(30) == 0 ? part.repeat(random.nextInt(400)) : part);
            if (random.nextInt(3) == 0) {
                text.append(' ');
            }
        }
        return text.toString();
    }

    private static long[] ids(long tokenizer, String text) {
        long encoding = LIBRARY.encode(tokenizer, text, false);
        long[] ids = LIBRARY.getTokenIds(encoding);
        LIBRARY.deleteEncoding(encoding);
        return ids;
    }
}
