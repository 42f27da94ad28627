package ai.tutti.engine;

import org.jspecify.annotations.Nullable;

/**
 * How a model's vectors were made elsewhere, where its folder leaves it open or is known to be wrong: for people whose index
 * was made another way.
 *
 * @param padding of models whose result depends on it; null: as the reference pads
 * @param vocabulary of models whose folder is known to carry another one than they were trained with; null: the right one
 * @param normalize whether vectors are scaled to length 1; null: as the folder says
 */
public record Reproduction(
        @Nullable Padding padding, @Nullable Vocabulary vocabulary, @Nullable Boolean normalize) {
    /** Everything as the reference does it. */
    public static final Reproduction REFERENCE = new Reproduction(null, null, null);

    /** What a text is filled up with id 0 to. */
    public enum Padding {
        /** The model's longest text. */
        MAX,
        /** Nothing: its own length. */
        NONE
    }

    /** Which tokenizer a text goes through. */
    public enum Vocabulary {
        /** The folder's, whatever it is. */
        FOLDER,
        /** That of bert-base-uncased. */
        UNCASED
    }
}
