package ai.tutti.engine;

import ai.tutti.engine.checkpoint.ModelFolder;
import ai.tutti.engine.checkpoint.ModelLoadException;
import ai.tutti.engine.kernel.Kernels;
import ai.tutti.engine.kernel.Worker;
import ai.tutti.engine.nn.KeyValues;
import ai.tutti.engine.nn.Tile;
import ai.tutti.engine.tensor.Precision;
import java.lang.foreign.Arena;
import java.util.function.Supplier;

/** What a model computes, from tokens to numbers. Immutable once read; any number of workers run it at once. */
interface Pass {
    /** How many token ids the model knows: ids are from 0 to this, exclusive. */
    int vocabularySize();

    /**
     * The arithmetic that it really computes in.
     *
     * @param asked what it was read for
     */
    Precision precision(Precision asked);

    /** Native memory that its weights take, in bytes. */
    long weightBytes();

    /** The length that every text is filled up to with id 0 before it is computed; 0: none is. */
    default int paddedLength() {
        return 0;
    }

    /** How many tokens are best computed together, at most. */
    int tileTokens();

    /** Native memory that so many tokens take that {@link #prefix} has computed; 0 where texts cannot begin with such tokens. */
    default long prefixBytes(int tokens) {
        return 0;
    }

    /** Computes tokens that texts begin with; for the caller to close. */
    default KeyValues prefix(Worker worker, int[] ids) {
        throw new UnsupportedOperationException("only decoders compute a prefix");
    }

    /** One result a text, in the tile's order. */
    float[][] run(Worker worker, Tile tile);

    /** How a pass is made of a folder. */
    @FunctionalInterface
    interface Reader<P extends Pass> {
        /**
         * Reads and packs the weights.
         *
         * @param arena owns them
         * @param sample texts to calibrate by, where the precision needs it
         * @throws ModelLoadException when a file is not what the model needs; one line that names it
         */
        P read(ModelFolder folder, Kernels kernels, Arena arena, Precision precision, Supplier<Tile> sample);
    }
}
