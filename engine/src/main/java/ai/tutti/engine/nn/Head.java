package ai.tutti.engine.nn;

import ai.tutti.engine.kernel.Worker;
import ai.tutti.engine.tensor.Matrix;

/** What stands on an encoder and gives a text, or a pair of texts, its scores. Immutable; any number of workers run it. */
public interface Head {
    /** What the encoder has to compute for it. */
    Rows rows();

    /** How many scores a text gets. */
    int outputs();

    /** What of a tile's texts it looks at, and the encoder has to compute. */
    default Tile seen(Tile tile) {
        return tile;
    }

    /**
     * Scores every text of a tile.
     *
     * @param states as the encoder gave them for {@link #rows()} of {@link #seen}, f32
     * @return logits, before any sigmoid: {@code [texts][outputs]}
     */
    float[][] apply(Worker worker, Matrix states, Tile tile);
}
