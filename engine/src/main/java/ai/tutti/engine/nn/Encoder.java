package ai.tutti.engine.nn;

import ai.tutti.engine.kernel.Worker;
import ai.tutti.engine.tensor.Matrix;
import ai.tutti.engine.tensor.Precision;
import org.jspecify.annotations.Nullable;

/** A model's body: token ids in, hidden states out. Immutable once loaded; any number of workers run it at once. */
public interface Encoder {
    /** Numbers a hidden state. */
    int hiddenSize();

    /**
     * The arithmetic that it really computes in.
     *
     * @param asked what it was read for
     */
    default Precision precision(Precision asked) {
        return asked;
    }

    /** How many token ids the model knows: ids are from 0 to this, exclusive. */
    int vocabularySize();

    /**
     * One forward pass.
     *
     * @return f32, {@code [tokens, hidden]} or {@code [texts, hidden]} by {@code rows}; more rows may follow that mean
     *     nothing. Valid until the worker's next pass
     */
    Matrix forward(Worker worker, Tile tile, Rows rows);

    /** How many tokens are best computed together, at most; more where nothing speaks against it. */
    default int tileTokens() {
        return Integer.MAX_VALUE;
    }

    /**
     * Native memory that so many tokens take once they are computed for texts that begin with them ({@link Tokens#prefix}); 0
     * where texts cannot begin so.
     */
    default long prefixBytes(int tokens) {
        return 0;
    }

    /**
     * Computes tokens that texts begin with. Texts behind them get the same bits as when they had computed these tokens
     * themselves.
     *
     * @param ids at least one
     * @return for the caller to close
     */
    default KeyValues prefix(Worker worker, int[] ids) {
        throw new UnsupportedOperationException("only decoders compute a prefix");
    }

    /**
     * The length to which the reference pads every text with id 0, where padding takes part in the result; 0 where it does
     * not.
     */
    default int paddedLength() {
        return 0;
    }

    /** What the family itself does with the first token's state; null: the folder's modules say what becomes of the states. */
    default @Nullable VectorStep pooler() {
        return null;
    }

    /** Makes ready what passes over texts of so many tokens need, so that the first of them finds it; 0: of any. */
    default void prepare(int tokens) {}
}
