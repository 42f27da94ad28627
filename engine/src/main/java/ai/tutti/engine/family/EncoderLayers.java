package ai.tutti.engine.family;

import ai.tutti.engine.kernel.Worker;
import ai.tutti.engine.nn.Rows;
import ai.tutti.engine.nn.Tile;
import ai.tutti.engine.tensor.Matrix;
import java.util.function.Consumer;

/** An encoder's layers, from the embeddings to the last hidden states. */
sealed interface EncoderLayers permits PostNorm, CodedPostNorm {
    /** Of the model. */
    Sizes sizes();

    /**
     * One pass, see {@link ai.tutti.engine.nn.Encoder#forward}.
     *
     * @param embed writes the tokens' embeddings, not normalised yet, f32 {@code [tokens, hidden]}
     */
    Matrix forward(Worker worker, Tile tile, Rows rows, Consumer<Matrix> embed);
}
