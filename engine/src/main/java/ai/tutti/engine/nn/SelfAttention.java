package ai.tutti.engine.nn;

import ai.tutti.engine.kernel.Worker;
import ai.tutti.engine.tensor.Matrix;

/** From each token's query, key and value to its context, each text of a tile by itself. */
public interface SelfAttention {
    /** Rows behind a tile's last that may be read and written; they must hold finite numbers. */
    int SLACK = 64;

    /** The most tokens of a text. */
    int LONGEST = 1 << 17;

    /**
     * Attends.
     *
     * @param qkv query, key and value side by side, {@code [tokens + SLACK, 3 * heads * headSize]}
     * @param context the result, {@code [tokens + SLACK, heads * headSize]}
     * @param rows with {@link Rows#FIRST} only each text's first row of the result means something
     */
    void apply(Worker worker, Tile tile, Matrix qkv, Matrix context, Rows rows);
}
