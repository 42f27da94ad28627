package ai.tutti.engine.text;

import ai.tutti.engine.text.TokenizerFile.AddedToken;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Cuts a long text into pieces whose token ids, one after another, are the ids of the whole text.
 *
 * <p>The native tokenizer holds some 60 bytes for every byte of the text and 100 for every token, so a text of tens of
 * megabytes is given to it in pieces. That is exact for BERT's WordPiece: its normaliser looks at one character at a time,
 * and its pre-tokenizer ends a word at white space, at punctuation and around each Chinese character, so nothing reaches
 * across such a place as long as no added token does. A run of letters and digits longer than the longest known word
 * becomes one unknown token wherever it stands, so only its beginning is passed on; without this a megabyte of one letter
 * would be one piece. Other tokenizers' texts are not cut.
 */
final class TextPieces {
    private final int maxWordChars;
    private final String added;
    private final int size;

    private TextPieces(int maxWordChars, String added, int size) {
        this.maxWordChars = maxWordChars;
        this.added = added;
        this.size = size;
    }

    /**
     * The cutter for a tokenizer, or null when its texts must go whole.
     *
     * @param size from how many characters a piece ends at the next place that allows it
     */
    static @Nullable TextPieces of(TokenizerFile file, int size) {
        boolean bert = file.modelType().equals("WordPiece")
                && file.normalizer().path("type").asString("").equals("BertNormalizer")
                && file.normalizer().path("handle_chinese_chars").asBoolean(true)
                && file.preTokenizer().path("type").asString("").equals("BertPreTokenizer");
        StringBuilder added = new StringBuilder();
        for (AddedToken token : file.addedTokens()) {
            bert &= harmless(token, file.maxWordChars());
            added.append(token.content());
        }
        return bert ? new TextPieces(file.maxWordChars(), added.toString(), size) : null;
    }

    private static boolean harmless(AddedToken token, int maxWordChars) {
        String content = token.content();
        return !token.singleWord()
                && !content.isEmpty()
                && content.length() <= maxWordChars
                && content.chars().allMatch(c -> c > ' ' && c < 127)
                && !letterOrDigit(content.charAt(0))
                && !letterOrDigit(content.charAt(content.length() - 1));
    }

    void forEach(String text, Consumer<String> action) {
        StringBuilder piece = new StringBuilder(size + 256);
        int run = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            run = letterOrDigit(c) ? run + 1 : 0;
            if (run <= maxWordChars + 1) {
                piece.append(c);
            }
            if (piece.length() >= size && endsPiece(c)) {
                action.accept(piece.toString());
                piece.setLength(0);
            }
        }
        action.accept(piece.toString());
    }

    private boolean endsPiece(char c) {
        boolean space = c == ' ' || c == '\n' || c == '\t' || c == '\r';
        boolean chinese = c >= 0x4E00 && c <= 0x9FFF;
        boolean punctuation = c > ' ' && c < 127 && !letterOrDigit(c) && added.indexOf(c) < 0;
        return space || chinese || punctuation;
    }

    private static boolean letterOrDigit(char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    }
}
