package ai.tutti.engine.family;

import ai.tutti.engine.kernel.Kernels;
import ai.tutti.engine.kernel.Worker;
import ai.tutti.engine.nn.SelfAttention;
import ai.tutti.engine.tensor.DType;
import ai.tutti.engine.tensor.Matrix;
import java.util.function.Consumer;

/**
 * What every pass through an encoder's layers keeps, in a worker's memory: {@code tokens} rows, and behind them as many more as
 * products and attention may read, which hold finite numbers.
 *
 * @param h the residual, f32 {@code [tokens, hidden]}
 * @param qkv query, key and value side by side, {@code [tokens, 3 * hidden]}
 * @param context what attention gives, {@code [tokens, hidden]}
 */
record States(Matrix h, Matrix qkv, Matrix context) {
    /**
     * Begins a pass.
     *
     * @param type of what attention takes and gives
     * @param embed writes h
     */
    static States embedded(Worker worker, Sizes sizes, DType type, int tokens, Consumer<Matrix> embed) {
        int hidden = sizes.hidden();
        int room = Kernels.bucket(tokens) + SelfAttention.SLACK;
        var states = new States(
                worker.matrix("hidden", DType.F32, room, hidden),
                worker.matrix("qkv", type, room, 3 * hidden),
                worker.matrix("context", type, room, hidden));
        embed.accept(states.h);
        states.h.clear(tokens, room);
        states.qkv.clear(tokens, room);
        states.context.clear(tokens, room);
        return states;
    }

    /** Memory for as many rows of something else. */
    Matrix beside(Worker worker, String name, DType type, int columns) {
        return worker.matrix(name, type, h.rows(), columns);
    }
}
