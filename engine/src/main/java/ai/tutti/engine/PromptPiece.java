package ai.tutti.engine;

import ai.tutti.engine.text.Truncation;
import java.util.Arrays;

/**
 * The token ids of a piece of a prompt that holds what a caller wrote.
 *
 * @param ids all of them
 * @param lead how many of them, at the beginning, are the prompt's own
 * @param tail how many of them, at the end, are the prompt's own
 */
record PromptPiece(int[] ids, int lead, int tail) {
    /**
     * Finds the prompt's own tokens in a piece. Where the tokenizer has melted them with the caller's, none count as the prompt's.
     *
     * @param lead the token ids of what stands in front of the caller's text
     * @param tail the token ids of what stands behind it
     */
    static PromptPiece of(int[] ids, int[] lead, int[] tail) {
        int front = startsWith(ids, lead) ? lead.length : 0;
        int from = ids.length - tail.length;
        boolean ends = from >= front && Arrays.equals(ids, from, ids.length, tail, 0, tail.length);
        return new PromptPiece(ids, front, ends ? tail.length : 0);
    }

    static boolean startsWith(int[] ids, int[] lead) {
        return ids.length >= lead.length && Arrays.equals(ids, 0, lead.length, lead, 0, lead.length);
    }

    /** How many tokens are the caller's. */
    int own() {
        return ids.length - lead - tail;
    }

    /** Cut to so many tokens, of the caller's as long as there are any. */
    PromptPiece keep(int most, Truncation truncation) {
        if (ids.length <= most) {
            return this;
        }
        int room = most - lead - tail;
        if (room < 0) {
            return new PromptPiece(Arrays.copyOf(ids, most), Math.min(lead, most), 0);
        }
        int from = truncation == Truncation.START ? lead + own() - room : lead;
        int[] kept = Arrays.copyOf(ids, most);
        System.arraycopy(ids, from, kept, lead, room);
        System.arraycopy(ids, ids.length - tail, kept, lead + room, tail);
        return new PromptPiece(kept, lead, tail);
    }
}
