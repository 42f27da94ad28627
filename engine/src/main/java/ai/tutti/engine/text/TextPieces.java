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
 * across such a place as long as no added token does.
 *
 * <p>Text without such places would still be one piece, so what cannot matter is left out of it: a word with more letters
 * than any known word becomes one unknown token however it goes on, and of a character that is repeated and either vanishes
 * or stays in its word (accents, control characters) so many are enough that the word is unknown if they stay.
 *
 * <p>Other tokenizers have other places: {@link SpacePieces}.
 */
final class TextPieces implements Pieces {
    private final int longest;
    private final String insideAdded;
    private final int size;

    private TextPieces(int maxWordChars, String insideAdded, int size) {
        this.longest = 2 * (maxWordChars + 1); // an emoji is one character and two chars
        this.insideAdded = insideAdded;
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
                && file.normalizer().path("clean_text").asBoolean(true)
                && file.normalizer().path("handle_chinese_chars").asBoolean(true)
                && file.preTokenizer().path("type").asString("").equals("BertPreTokenizer");
        StringBuilder inside = new StringBuilder();
        for (AddedToken token : file.addedTokens()) {
            bert &= harmless(token, file.maxWordChars());
            inside.append(token.content(), 0, Math.max(0, token.content().length() - 1));
        }
        return bert ? new TextPieces(file.maxWordChars(), inside.toString(), size) : null;
    }

    private static boolean harmless(AddedToken token, int maxWordChars) {
        String content = token.content();
        return !token.singleWord()
                && !content.isEmpty()
                && content.length() <= maxWordChars
                && content.chars().allMatch(c -> c > ' ' && c < 127)
                && !Character.isLetterOrDigit(content.charAt(0))
                && !Character.isLetterOrDigit(content.charAt(content.length() - 1));
    }

    @Override
    public void forEach(String text, Consumer<String> action) {
        StringBuilder piece = new StringBuilder(size + 256);
        int letters = 0;
        int repeats = 0;
        char last = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            boolean vanishing = mayVanish(c);
            letters = staysInWord(c) ? letters + 1 : vanishing ? letters : 0;
            repeats = c == last ? repeats + 1 : 0;
            last = c;
            boolean needed = letters <= longest && !(vanishing && repeats > longest);
            if (needed || (Character.isLowSurrogate(c) && endsInHighSurrogate(piece))) {
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
        boolean punctuation = c > ' ' && c < 127 && !Character.isLetterOrDigit(c) && insideAdded.indexOf(c) < 0;
        return space || chinese || punctuation;
    }

    /** Letters and digits, each at least one character of its word after normalising; emoji, as two surrogates. */
    private static boolean staysInWord(char c) {
        boolean chinese = (c >= 0x3400 && c <= 0x9FFF) || (c >= 0xF900 && c <= 0xFAFF);
        boolean emoji = (c >= 0xD83C && c <= 0xD83E) || Character.isLowSurrogate(c);
        return (Character.isLetterOrDigit(c) && !chinese) || emoji;
    }

    private static boolean mayVanish(char c) {
        return switch (Character.getType(c)) {
            case Character.NON_SPACING_MARK, Character.ENCLOSING_MARK, Character.FORMAT -> true;
            case Character.CONTROL -> c != '\n' && c != '\t' && c != '\r';
            default -> false;
        };
    }

    private static boolean endsInHighSurrogate(StringBuilder piece) {
        return !piece.isEmpty() && Character.isHighSurrogate(piece.charAt(piece.length() - 1));
    }
}
