package ai.tutti.engine.nn;

import ai.tutti.engine.kernel.Worker;
import ai.tutti.engine.tensor.Matrix;

/** A model's body: token ids in, hidden states out. Immutable once loaded; any number of workers run it at once. */
public interface Encoder {
    /** Numbers a hidden state. */
    int hiddenSize();

    /** How many token ids the model knows: ids are from 0 to this, exclusive. */
    int vocabularySize();

    /**
     * One forward pass.
     *
     * @return f32, {@code [tokens, hidden]} or {@code [texts, hidden]} by {@code rows}; more rows may follow that mean
     *     nothing. Valid until the worker's next pass
     */
    Matrix forward(Worker worker, Tile tile, Rows rows);
}
