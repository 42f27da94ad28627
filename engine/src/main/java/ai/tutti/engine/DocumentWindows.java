package ai.tutti.engine;

import ai.tutti.engine.text.InvalidInputException;
import ai.tutti.engine.text.PairTruncation;
import ai.tutti.engine.text.Truncation;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A document's tokens in windows: each of {@code size} tokens, the last of what is left, neighbours sharing {@code overlap}
 * of them. What does not fit into {@code most} windows is cut off, at the end or the start.
 */
record DocumentWindows(int size, int overlap, int most, Truncation truncation) {
    /**
     * The windows that a request asks for.
     *
     * @param size how many tokens of a document have room beside what else the model reads
     * @throws InvalidInputException naming {@code overlap} when it leaves a window nothing of its own
     */
    static DocumentWindows of(RerankOptions options, int size) {
        int most = options.maxChunksPerDocument() == null ? 1 : options.maxChunksPerDocument();
        int overlap = options.overlap() == null ? 0 : options.overlap();
        if (overlap >= size) {
            throw new InvalidInputException(
                    "overlap", "overlap must be less than %,d, the tokens of a window, not %,d".formatted(size, overlap));
        }
        return new DocumentWindows(size, overlap, most, options.truncation());
    }

    /** How many tokens of a document all windows together hold. */
    long capacity() {
        return size + (most - 1L) * (size - overlap);
    }

    /**
     * How many tokens the windows of a document have together, of which there may be very many more than of the document.
     *
     * @param beside how many tokens stand beside each window
     */
    long tokens(int document, int beside) {
        long kept = Math.min(capacity(), document);
        long further = kept <= size ? 0 : Math.ceilDiv(kept - size, (long) size - overlap);
        return kept + further * overlap + (1 + further) * beside;
    }

    /** The windows of a document; one, and empty, when it has no tokens. */
    List<int[]> of(int[] document) {
        int[] kept = PairTruncation.keep(document, (int) Math.min(capacity(), document.length), truncation);
        var windows = new ArrayList<int[]>();
        for (int from = 0; windows.isEmpty() || from + overlap < kept.length; from += size - overlap) {
            windows.add(Arrays.copyOfRange(kept, from, Math.min(from + size, kept.length)));
        }
        return windows;
    }
}
