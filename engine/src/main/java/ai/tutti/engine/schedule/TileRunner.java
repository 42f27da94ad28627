package ai.tutti.engine.schedule;

import ai.tutti.engine.kernel.Worker;
import ai.tutti.engine.nn.Tile;

/** What a model does with a tile. Called by several workers at once. */
@FunctionalInterface
public interface TileRunner {
    /** One result a text, in the tile's order. */
    float[][] run(Worker worker, Tile tile);
}
