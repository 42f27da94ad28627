package ai.tutti.engine.text;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import ai.tutti.engine.Fixtures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The ids of a text's pieces are the ids of the whole text. */
class TextPiecesTest {
    private static final TokenizersLibrary LIBRARY = TokenizersLibrary.LIB;
    private static final List<String> PARTS = List.of(
            " ", " ", "\n", "\t", "\r\n", "  ", "\u00a0", "\u2003", "\u3000", "\u200b", "\0", "\u0085", "\ufeff",
            ".", ",", "!", "?", "-", "'", "\"", "(", ")", "#", "##", "##s", "%", "&", "_", "$", "…", "—", "。", "،",
            "[SEP]", "[CLS]", "[MASK]", "[sep]", "[", "]", "[S", "EP]", "[UNK]", "[PAD]",
            "the", "capital", "France", "panda", "mountains", "Solarzellen", "naïve", "Straße", "İstanbul", "ΟΔΟΣ",
            "\u0301", "\u0308", "e\u0301", "a\u0327\u0301", "\u0903", "字", "漢字かな", "한국어", "عَرَبِيّ", "नमस्ते",
            "🎉", "🏽", "𠀀", "𐄀", "𝒳", "👩‍👩‍👧", "🇩🇪", "x", "1998", "3.14", "l'été", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");

    @ParameterizedTest
    @ValueSource(strings = {"bge", "gte-large", "uae-large", "m2-bert", "ms-marco-minilm"})
    void idsStayTheSame(String folder) throws IOException {
        Path file = Fixtures.folder(folder).resolve("tokenizer.json");
        String json = Files.readString(file);
        TokenizerFile parsed = TokenizerFile.parse(file, json);
        TextPieces pieces = Objects.requireNonNull(TextPieces.of(parsed, 16));
        TokenizerNatives.load();
        long tokenizer = LIBRARY.createTokenizerFromString(json);
        Random random = new Random(folder.hashCode());
        for (int i = 0; i < 200; i++) {
            String text = text(random, 20 + random.nextInt(200));
            LongStream.Builder cut = LongStream.builder();
            pieces.forEach(text, piece -> LongStream.of(ids(tokenizer, piece)).forEach(cut));

            assertThat(cut.build().toArray()).as("%s", text).isEqualTo(ids(tokenizer, text));
        }
        LIBRARY.deleteTokenizer(tokenizer);
    }

    @ParameterizedTest
    @ValueSource(strings = {"multilingual-e5", "gte-modernbert", "e5-mistral", "qwen3-embedding", "mxbai-rerank-v1"})
    void otherTokenizersGetTheirTextsWhole(String folder) throws IOException {
        Path file = Fixtures.folder(folder).resolve("tokenizer.json");

        assertThat(TextPieces.of(TokenizerFile.parse(file, Files.readString(file)), 16)).isNull();
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
