package ai.tutti.engine.text;

import ai.tutti.engine.text.TokenizerFile.AddedToken;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Cuts a long text in front of a white space that stands alone between two letters, where the tokenizers of XLM-RoBERTa,
 * DeBERTa (Unigram behind Metaspace) and ModernBERT, RoBERTa, Llama, Qwen (BPE behind a ByteLevel expression) end a word
 * whatever stands around.
 *
 * <p>That is exact: the piece behind the cut begins with its space, as a word in the middle of a text does, so nothing is put
 * in front of it that the whole text would not have there; the normalisers named here look at one character or one cluster of
 * marks at a time, and none joins a letter and a space behind it; the letters in front of the cut are of scripts that end no
 * cluster with the space. Added tokens that could reach across such a place keep the tokenizer's texts whole.
 *
 * <p>A text without such places would be one piece, and the native side takes some 200 bytes for every one of its, so a piece
 * of more than {@value #LONGEST} characters is refused.
 */
final class SpacePieces implements Pieces {
    /** Characters that a text, or a piece of it, may have at most to be given to the native tokenizer in one go. */
    static final int LONGEST = 1 << 19;

    private static final Set<String> NORMALIZERS = Set.of("NFC", "NFD", "NFKC", "NFKD", "Lowercase", "StripAccents", "Precompiled");

    /** The expressions of Qwen and Llama 3, which differ in how many digits make a word. */
    private static final Set<String> EXPRESSIONS = Set.of(expression("\\p{N}"), expression("\\p{N}{1,3}"));

    private final int size;
    private final int longest;
    private final boolean atLineEnds;

    private SpacePieces(int size, int longest, boolean atLineEnds) {
        this.size = size;
        this.longest = longest;
        this.atLineEnds = atLineEnds;
    }

    /**
     * The cutter for a tokenizer, or null when its texts must go whole.
     *
     * @param size from how many characters a piece ends at the next place that allows it
     * @param longest how many characters a piece may have
     */
    static @Nullable SpacePieces of(TokenizerFile file, int size, int longest) {
        Splitter splitter = new Splitter();
        splitter.read(file.preTokenizer());
        boolean fits = splitter.splits()
                && local(file.normalizer(), splitter.alwaysPrefixed)
                && file.addedTokens().stream().noneMatch(SpacePieces::reachesAcross);
        return fits ? new SpacePieces(size, longest, splitter.bytes || splitter.whiteSpace) : null;
    }

    private static String expression(String digits) {
        return "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|" + digits
                + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
    }

    /** What a pre-tokenizer consists of. */
    private static final class Splitter {
        private boolean bytes;
        private boolean expression;
        private boolean ownExpression;
        private boolean metaspace;
        private boolean alwaysPrefixed;
        private boolean whiteSpace;
        private boolean unknown;

        void read(JsonNode part) {
            switch (part.path("type").asString("")) {
                case "Sequence" -> part.path("pretokenizers").forEach(this::read);
                case "WhitespaceSplit" -> whiteSpace = true;
                case "Punctuation" -> {}
                case "ByteLevel" -> {
                    bytes = true;
                    ownExpression = part.path("use_regex").asBoolean(true);
                }
                case "Split" -> {
                    expression = true;
                    unknown |= !EXPRESSIONS.contains(part.path("pattern").path("Regex").asString(""))
                            || !part.path("behavior").asString("").equals("Isolated")
                            || part.path("invert").asBoolean(false);
                }
                case "Metaspace" -> {
                    metaspace = part.path("split").asBoolean(true);
                    alwaysPrefixed = part.path("prepend_scheme").asString("always").equals("always")
                            && part.path("add_prefix_space").asBoolean(true);
                }
                default -> unknown = true;
            }
        }

        boolean splits() {
            return !unknown && (metaspace ? !bytes && !expression : bytes && expression != ownExpression);
        }
    }

    private static boolean local(JsonNode normalizer, boolean alwaysPrefixed) {
        String type = normalizer.path("type").asString("");
        return switch (type) {
            case "" -> true;
            case "Sequence" -> normalizer.path("normalizers").valueStream().allMatch(part -> local(part, alwaysPrefixed));
            case "Strip" -> alwaysPrefixed || !normalizer.path("strip_left").asBoolean(true);
            case "Replace" -> normalizer.path("pattern").path("Regex").asString("").equals(" {2,}");
            default -> NORMALIZERS.contains(type);
        };
    }

    /** Whether a token has a letter in front of white space in it, or takes the white space behind it along. */
    private static boolean reachesAcross(AddedToken token) {
        String content = token.content();
        boolean inside = false;
        for (int i = 1; i < content.length(); i++) {
            inside |= isSeparator(content.charAt(i)) && Character.isLetter(content.charAt(i - 1));
        }
        boolean takesMore = token.stripsRight() && Character.isLetter(content.isEmpty() ? ' ' : content.charAt(content.length() - 1));
        return content.isEmpty() || inside || takesMore;
    }

    @Override
    public void forEach(String text, Consumer<String> action) {
        int begin = 0;
        for (int i = 1; i + 1 < text.length(); i++) {
            if (i - begin >= size && isCut(text, i)) {
                action.accept(piece(text, begin, i));
                begin = i;
            }
        }
        action.accept(piece(text, begin, text.length()));
    }

    private String piece(String text, int begin, int end) {
        if (end - begin > longest) {
            throw new InvalidInputException(
                    "input",
                    "a text of this model may have at most %,d characters without a space between letters, and one has %,d"
                            .formatted(longest, end - begin));
        }
        return text.substring(begin, end);
    }

    private boolean isCut(String text, int at) {
        char separator = text.charAt(at);
        return (separator == ' ' || (atLineEnds && separator == '\n'))
                && isPlainLetter(text.charAt(at - 1))
                && isPlainLetter(text.charAt(at + 1));
    }

    private static boolean isSeparator(char c) {
        return c == ' ' || c == '\n';
    }

    /** Letters of Latin, Greek, Cyrillic, Kana, Han and Hangul: letters in every version of Unicode, and no marks. */
    private static boolean isPlainLetter(char c) {
        return (c >= 'a' && c <= 'z')
                || (c >= 'A' && c <= 'Z')
                || (c >= 0x00C0 && c <= 0x024F && c != 0x00D7 && c != 0x00F7)
                || (c >= 0x0391 && c <= 0x03CE && Character.isLetter(c))
                || (c >= 0x0400 && c <= 0x0481)
                || (c >= 0x048A && c <= 0x052F)
                || (c >= 0x3041 && c <= 0x3096)
                || (c >= 0x30A1 && c <= 0x30FA)
                || (c >= 0x4E00 && c <= 0x9FA5)
                || (c >= 0xAC00 && c <= 0xD7A3);
    }
}
