package ai.tutti.search;

import static java.util.Objects.requireNonNull;

import java.text.BreakIterator;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToIntFunction;
import java.util.regex.Pattern;

/**
 * Cuts documents into passages of whole sentences.
 *
 * <p>A passage takes as many sentences as the limit allows and begins with the last sentences of the one before, as many as the
 * overlap allows, so that what is said across a border can be found. Paragraphs end sentences. A sentence that is longer than a
 * passage is cut between words, and a word that is longer between characters.
 *
 * <p>The tokens of sentences are added up to choose a passage's end; since a tokenizer may split two sentences side by side
 * otherwise than each alone, the passage is then counted as a whole, and loses sentences until it fits.
 */
public final class Splitter {
    /** A passage's length in tokens unless another is asked for: long enough to say something, short enough to be one thing. */
    public static final int DEFAULT_TOKENS = 256;

    /** The least that a passage must hold, special tokens included. */
    private static final int LEAST_TOKENS = 16;

    private static final Pattern PARAGRAPH_END = Pattern.compile("\\R[ \\t]*\\R\\s*");

    private final ToIntFunction<String> counter;
    private final int maxTokens;
    private final int overlap;
    private final int around;

    /** A sentence or a part of one: where it lies, and its tokens without the special ones. */
    private record Sentence(int start, int end, int tokens) {}

    /**
     * Makes a splitter.
     *
     * @param counter counts a text's tokens, those that are put around every text included
     * @param maxTokens the most of a passage, at least {@value #LEAST_TOKENS}
     * @param overlap how many tokens of a passage are repeated in the next at most; under half of {@code maxTokens}
     */
    public Splitter(ToIntFunction<String> counter, int maxTokens, int overlap) {
        this.counter = requireNonNull(counter, "counter is null");
        this.around = Math.max(0, counter.applyAsInt("a") - 1);
        if (maxTokens < LEAST_TOKENS + around) {
            throw new IllegalArgumentException(
                    "a passage needs at least %d tokens, not %d".formatted(LEAST_TOKENS + around, maxTokens));
        }
        if (overlap < 0 || overlap > maxTokens / 2) {
            throw new IllegalArgumentException("overlap must be between 0 and half of %d tokens, not %d".formatted(maxTokens, overlap));
        }
        this.maxTokens = maxTokens;
        this.overlap = overlap;
    }

    /** For a model: {@value #DEFAULT_TOKENS} tokens or what the model takes, an eighth of it repeated. */
    public static Splitter of(Embedder embedder) {
        int tokens = Math.min(DEFAULT_TOKENS, embedder.maxTokens());
        return new Splitter(embedder::countTokens, tokens, tokens / 8);
    }

    /** A document's passages in order; their ids are the document's with {@code #0}, {@code #1}, … behind. */
    public List<Passage> split(Document document) {
        var text = document.text();
        var sentences = sentences(text);
        var passages = new ArrayList<Passage>();
        int first = 0;
        while (first < sentences.size()) {
            int end = end(text, sentences, first);
            int from = sentences.get(first).start();
            int to = sentences.get(end - 1).end();
            passages.add(new Passage(
                    document.id() + "#" + passages.size(),
                    document.id(),
                    from,
                    to,
                    text.substring(from, to),
                    document.metadata()));
            first = end == sentences.size() ? end : next(text, sentences, first, end);
        }
        return passages;
    }

    /** Behind the last sentence of the passage that begins with the given one. */
    private int end(String text, List<Sentence> sentences, int first) {
        int end = first + 1;
        int tokens = around + sentences.get(first).tokens();
        while (end < sentences.size() && tokens + sentences.get(end).tokens() <= maxTokens) {
            tokens += sentences.get(end).tokens();
            end++;
        }
        while (end > first + 1 && !fits(text, sentences.get(first).start(), sentences.get(end - 1).end())) {
            end--;
        }
        return end;
    }

    /** The first sentence of the next passage: far enough back for the overlap, and so that a new sentence fits as well. */
    private int next(String text, List<Sentence> sentences, int first, int end) {
        int next = end;
        int repeated = 0;
        while (next - 1 > first && repeated + sentences.get(next - 1).tokens() <= overlap) {
            next--;
            repeated += sentences.get(next).tokens();
        }
        while (next < end && !fits(text, sentences.get(next).start(), sentences.get(end).end())) {
            next++;
        }
        return next;
    }

    private boolean fits(String text, int from, int to) {
        return counter.applyAsInt(text.substring(from, to)) <= maxTokens;
    }

    private List<Sentence> sentences(String text) {
        var sentences = new ArrayList<Sentence>();
        var paragraphEnds = PARAGRAPH_END.matcher(text);
        int start = 0;
        while (paragraphEnds.find(start)) {
            addParagraph(text, start, paragraphEnds.start(), sentences);
            start = paragraphEnds.end();
        }
        addParagraph(text, start, text.length(), sentences);
        return sentences;
    }

    private void addParagraph(String text, int from, int to, List<Sentence> sentences) {
        var ends = BreakIterator.getSentenceInstance(Locale.ROOT);
        ends.setText(text.substring(from, to));
        int start = ends.first();
        for (int end = ends.next(); end != BreakIterator.DONE; end = ends.next()) {
            addSentence(text, from + start, from + end, sentences);
            start = end;
        }
    }

    private void addSentence(String text, int from, int to, List<Sentence> sentences) {
        int start = from;
        int end = to;
        while (start < end && isBlank(text.charAt(start))) {
            start++;
        }
        while (end > start && isBlank(text.charAt(end - 1))) {
            end--;
        }
        while (start < end) {
            int cut = cut(text, start, end);
            sentences.add(new Sentence(start, trimmed(text, start, cut), tokens(text, start, cut)));
            start = cut;
            while (start < end && isBlank(text.charAt(start))) {
                start++;
            }
        }
    }

    private static int trimmed(String text, int start, int end) {
        int trimmed = end;
        while (trimmed > start + 1 && isBlank(text.charAt(trimmed - 1))) {
            trimmed--;
        }
        return trimmed;
    }

    private int tokens(String text, int from, int to) {
        return Math.max(1, counter.applyAsInt(text.substring(from, to)) - around);
    }

    /** Where a part that fits ends: at the sentence's end, else behind its last word that fits, else within a word. */
    private int cut(String text, int start, int end) {
        int fits = longest(text, start, end);
        if (fits == end) {
            return end;
        }
        for (int word = fits; word > start; word--) {
            if (isBlank(text.charAt(word)) && fits(text, start, word)) {
                return word;
            }
        }
        return fits;
    }

    /** The end of the longest beginning that fits, found by doubling and halving; at least one character. */
    private int longest(String text, int start, int end) {
        int good = start;
        int step = maxTokens;
        int bad = end + 1;
        while (good < end) {
            int tried = character(text, start, Math.min(end, good + step));
            if (!fits(text, start, tried)) {
                bad = tried;
                break;
            }
            good = tried;
            step *= 2;
        }
        while (bad - good > 1) {
            int tried = character(text, start, good + (bad - good) / 2);
            if (tried <= good || tried >= bad) {
                break;
            }
            if (fits(text, start, tried)) {
                good = tried;
            } else {
                bad = tried;
            }
        }
        return good == start ? Math.min(end, text.offsetByCodePoints(start, 1)) : good;
    }

    /** The place, or the one behind it where it would part a pair of surrogates. */
    private static int character(String text, int start, int place) {
        boolean parts = place > start
                && place < text.length()
                && Character.isHighSurrogate(text.charAt(place - 1))
                && Character.isLowSurrogate(text.charAt(place));
        return parts ? place + 1 : place;
    }

    private static boolean isBlank(char c) {
        return Character.isWhitespace(c) || Character.isSpaceChar(c) || c == '\uFEFF';
    }
}
