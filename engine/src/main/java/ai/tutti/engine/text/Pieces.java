package ai.tutti.engine.text;

import java.util.function.Consumer;

/** Cuts a long text into pieces whose token ids, one after another, are the ids of the whole text. */
interface Pieces {
    /** From how many characters a piece ends at the next place that allows it. */
    int SIZE = 1 << 15;

    /** How a tokenizer's texts are cut. */
    static Pieces of(TokenizerFile file) {
        Pieces bert = TextPieces.of(file, SIZE);
        if (bert != null) {
            return bert;
        }
        Pieces spaces = SpacePieces.of(file, SIZE, SpacePieces.LONGEST);
        return spaces == null ? Pieces::whole : spaces;
    }

    /**
     * Gives the pieces of a text without unpaired surrogates to the action, in order.
     *
     * @throws InvalidInputException when a piece would be so long that the native tokenizer's memory were at risk
     */
    void forEach(String text, Consumer<String> action);

    /** Texts that cannot be cut go as they are, up to a limit. */
    private static void whole(String text, Consumer<String> action) {
        if (text.length() > SpacePieces.LONGEST) {
            throw new InvalidInputException(
                    "input",
                    "a text of this model may have at most %,d characters, and one has %,d"
                            .formatted(SpacePieces.LONGEST, text.length()));
        }
        action.accept(text);
    }
}
