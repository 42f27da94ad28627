package ai.tutti.engine.text;

import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A model's tokenizer, read from its {@code tokenizer.json} and run by Hugging Face's own library.
 *
 * <p>The native functions are called directly: of the eight calls that DJL's class makes for a text only the ids are
 * wanted here. Truncation and padding that the file stores are switched off; cutting is {@link #truncate}, so that the
 * number of tokens cut is known. A text's literal special tokens ({@code [SEP]}) become the real ones, as in the reference
 * implementation; unpaired surrogates become U+FFFD.
 *
 * <p>Safe for use by many threads. Texts over {@value #LONG_TEXT} characters are tokenised at most as many at a time as
 * there are cores, because the native side needs many times their size.
 */
public final class Tokenizer implements AutoCloseable {
    private static final int LONG_TEXT = 1 << 16;

    /** A text whose tokens show where the templates put a text's. */
    private static final String SAMPLE = "a";

    /** A hieroglyph, which hardly a vocabulary knows. */
    private static final String RARE = "\uD80C\uDC00";

    private static final Semaphore LONG_TEXTS =
            new Semaphore(Runtime.getRuntime().availableProcessors(), true);
    private static final TokenizersLibrary LIBRARY = TokenizersLibrary.LIB;

    private final ReadWriteLock lifetime = new ReentrantReadWriteLock();
    private final int vocabularySize;
    private final boolean givesTypes;
    private final Pieces pieces;
    private final int[] prefix;
    private final int[] suffix;
    private final int[] appended;
    private long handle;

    private Tokenizer(long handle, TokenizerFile file, @Nullable String endOfText, boolean givesTypes) {
        this.handle = handle;
        this.vocabularySize = file.vocabularySize();
        this.givesTypes = givesTypes;
        this.pieces = Pieces.of(file);
        int[] bare = ids(SAMPLE, false);
        int[] whole = ids(SAMPLE, true);
        int start = PairTemplate.indexOf(whole, bare, 0);
        this.prefix = Arrays.copyOfRange(whole, 0, start);
        int[] behind = Arrays.copyOfRange(whole, start + bare.length, whole.length);
        this.appended = endOfText == null ? new int[0] : missingEnd(behind, ids(endOfText, false));
        this.suffix = concat(behind, appended);
        ids(RARE, false); // a vocabulary without its unknown token fails now and not at a caller's text
    }

    /**
     * Loads a tokenizer.
     *
     * <p>From {@code tokenizer_config.json} two things count: where {@code add_eos_token} is true and the template does not
     * end with the end-of-text token (the published e5-mistral folder), that token is appended; and where
     * {@code model_input_names} lacks {@code token_type_ids}, all tokens of a pair are of type 0.
     *
     * @param tokenizerJson the {@code tokenizer.json}
     * @param tokenizerConfig the {@code tokenizer_config.json} beside it; need not exist
     * @throws IOException with one line about the file when one cannot be read or is no tokenizer
     */
    public static Tokenizer load(Path tokenizerJson, Path tokenizerConfig) throws IOException {
        return load(tokenizerJson, text(tokenizerJson), tokenizerConfig);
    }

    /**
     * As {@link #load(Path, Path)}, from the content of a {@code tokenizer.json} that has been read or made already.
     *
     * @param tokenizerJson for messages
     */
    public static Tokenizer load(Path tokenizerJson, String json, Path tokenizerConfig) throws IOException {
        TokenizerFile file = TokenizerFile.parse(tokenizerJson, json);
        JsonNode config = config(tokenizerConfig);
        JsonNode specials = config(tokenizerConfig.resolveSibling("special_tokens_map.json"));
        TokenizerNatives.load();
        long handle = 0;
        try {
            handle = LIBRARY.createTokenizerFromString(json);
            LIBRARY.disableTruncation(handle);
            LIBRARY.disablePadding(handle);
            return new Tokenizer(handle, file, appendedToken(config, specials), givesTypes(config));
        } catch (RuntimeException e) {
            if (handle != 0) {
                LIBRARY.deleteTokenizer(handle);
            }
            throw new IOException(tokenizerJson + " is not a tokenizer: " + e.getMessage(), e);
        }
    }

    private static String text(Path file) throws IOException {
        try {
            return Files.readString(file);
        } catch (CharacterCodingException e) {
            throw new IOException(file + " is not text in UTF-8", e);
        }
    }

    private static JsonNode config(Path file) throws IOException {
        if (!Files.exists(file)) {
            return JsonMapper.shared().createObjectNode();
        }
        try {
            return JsonMapper.shared().readTree(text(file));
        } catch (JacksonException e) {
            throw new IOException(file + " is not valid JSON: " + e.getOriginalMessage(), e);
        }
    }

    /** @param specials the {@code special_tokens_map.json}, for folders that name the token only there */
    private static @Nullable String appendedToken(JsonNode config, JsonNode specials) {
        if (!config.path("add_eos_token").asBoolean(false)) {
            return null;
        }
        JsonNode token = config.path("eos_token");
        token = token.isMissingNode() || token.isNull() ? specials.path("eos_token") : token;
        String text = token.isObject() ? token.path("content").asString("") : token.asString("");
        return text.isEmpty() ? null : text;
    }

    /** Whether the model is told which of two texts a token belongs to, where the file lists what the model is told. */
    private static boolean givesTypes(JsonNode config) {
        JsonNode names = config.path("model_input_names");
        return !names.isArray() || names.valueStream().anyMatch(name -> name.asString("").equals("token_type_ids"));
    }

    /**
     * The text's token ids with the special tokens around them, never cut.
     *
     * @throws InvalidInputException for a long text that this tokenizer can only take whole, see {@link SpacePieces}
     */
    public int[] encode(String text) {
        String clean = WellFormed.of(text);
        if (clean.length() < LONG_TEXT) {
            return concat(ids(clean, true), appended);
        }
        return concat(concat(prefix, bare(clean)), suffix);
    }

    /** The text's token ids without any special tokens around them, never cut: one part of a pair. */
    public int[] encodeBare(String text) {
        return bare(WellFormed.of(text));
    }

    private int[] bare(String clean) {
        if (clean.length() < LONG_TEXT) {
            return ids(clean, false);
        }
        LONG_TEXTS.acquireUninterruptibly();
        try {
            IntList ids = new IntList(clean.length() / 4);
            pieces.forEach(clean, piece -> ids.add(ids(piece, false)));
            return ids.toArray();
        } finally {
            LONG_TEXTS.release();
        }
    }

    /**
     * How it joins two texts, each from {@link #encodeBare}.
     *
     * @throws IllegalArgumentException when it has no template that keeps each text's tokens together
     */
    public PairTemplate pairTemplate() {
        int[] sample = ids(SAMPLE, false);
        Lock lock = lifetime.readLock();
        lock.lock();
        try {
            long encoding = LIBRARY.encodeDual(open(), SAMPLE, SAMPLE, true);
            try {
                int[] pair = concat(narrow(LIBRARY.getTokenIds(encoding)), appended);
                int[] types = givesTypes ? narrow(LIBRARY.getTypeIds(encoding)) : new int[pair.length];
                return PairTemplate.of(pair, types, sample);
            } finally {
                LIBRARY.deleteEncoding(encoding);
            }
        } finally {
            lock.unlock();
        }
    }

    /** How many special tokens stand in front of a single text. */
    public int prefixTokens() {
        return prefix.length;
    }

    /** How many special tokens stand behind a single text. */
    public int suffixTokens() {
        return suffix.length;
    }

    /** The highest token id and one. The model's own table may have more rows. */
    public int vocabularySize() {
        return vocabularySize;
    }

    /**
     * Cuts a single text's ids, leaving the special tokens at both ends.
     *
     * @param ids as {@link #encode} gave them
     * @param maxTokens the limit, special tokens included
     * @param truncation {@link Truncation#END} or {@link Truncation#START}
     * @return the same array where it is short enough
     * @throws IllegalArgumentException when the limit leaves no room for the special tokens, or for
     *     {@link Truncation#ERROR}, which is for the caller to refuse
     */
    public int[] truncate(int[] ids, int maxTokens, Truncation truncation) {
        if (ids.length <= maxTokens) {
            return ids;
        }
        int room = maxTokens - prefix.length - suffix.length;
        if (room < 0 || truncation == Truncation.ERROR) {
            throw new IllegalArgumentException(
                    "%d tokens are over the limit of %d (%s)".formatted(ids.length, maxTokens, truncation));
        }
        int textEnd = ids.length - suffix.length;
        int from = truncation == Truncation.END ? prefix.length : textEnd - room;
        int[] cut = new int[maxTokens];
        System.arraycopy(ids, 0, cut, 0, prefix.length);
        System.arraycopy(ids, from, cut, prefix.length, room);
        System.arraycopy(ids, textEnd, cut, prefix.length + room, suffix.length);
        return cut;
    }

    /** Frees the native tokenizer when the last running call has ended. */
    @Override
    public void close() {
        Lock lock = lifetime.writeLock();
        lock.lock();
        try {
            if (handle != 0) {
                LIBRARY.deleteTokenizer(handle);
                handle = 0;
            }
        } finally {
            lock.unlock();
        }
    }

    private int[] ids(String text, boolean special) {
        Lock lock = lifetime.readLock();
        lock.lock();
        try {
            long encoding = LIBRARY.encode(open(), text, special);
            try {
                return narrow(LIBRARY.getTokenIds(encoding));
            } finally {
                LIBRARY.deleteEncoding(encoding);
            }
        } finally {
            lock.unlock();
        }
    }

    private long open() {
        if (handle == 0) {
            throw new IllegalStateException("the tokenizer is closed");
        }
        return handle;
    }

    private static int[] narrow(long[] ids) {
        int[] narrow = new int[ids.length];
        for (int i = 0; i < ids.length; i++) {
            narrow[i] = (int) ids[i];
        }
        return narrow;
    }

    /** The token to append, unless the template puts it there already. */
    private static int[] missingEnd(int[] behind, int[] end) {
        boolean there = behind.length > 0 && end.length == 1 && behind[behind.length - 1] == end[0];
        return there ? new int[0] : end;
    }

    private static int[] concat(int[] a, int[] b) {
        if (b.length == 0) {
            return a;
        }
        int[] both = Arrays.copyOf(a, a.length + b.length);
        System.arraycopy(b, 0, both, a.length, b.length);
        return both;
    }
}
