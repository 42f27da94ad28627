package ai.tutti.engine.schedule;

import ai.tutti.engine.kernel.Worker;
import ai.tutti.engine.nn.Tile;

/** What a model does with a tile. Called by several workers at once; equal when it is the same one. */
public interface TileRunner {
    /** The model's name, under which its work is counted. */
    String model();

    /** How many tokens are best computed together; never more than the scheduler's own. */
    default int tileTokens() {
        return Integer.MAX_VALUE;
    }

    /** One result a text, in the tile's order. */
    float[][] run(Worker worker, Tile tile);

    /** A text was computed; called once for it, before anybody hears of the result, which is not to be changed or kept. */
    default void computed(Work work, float[] result) {}
}
