package ai.tutti.engine.nn;

import static java.util.Objects.requireNonNull;

import ai.tutti.engine.kernel.Activation;
import ai.tutti.engine.kernel.Kernels;
import ai.tutti.engine.kernel.SiluLoops;
import ai.tutti.engine.kernel.Worker;
import ai.tutti.engine.tensor.DType;
import ai.tutti.engine.tensor.Matrix;

/**
 * A gated feed-forward (Shazeer, 2020, arXiv:2002.05202): {@code (act(x Wgateᵀ) * x Wupᵀ) Wdownᵀ}.
 *
 * @param gate {@code [hidden] -> [feedForward]}
 * @param up {@code [hidden] -> [feedForward]}
 * @param down {@code [feedForward] -> [hidden]}
 * @param activation of the gate
 */
public record GatedMlp(Linear gate, Linear up, Linear down, Activation activation) {
    /** Rows that are worth a worker's while. */
    private static final int LEAST_ROWS = 16;

    public GatedMlp {
        requireNonNull(gate, "gate is null");
        requireNonNull(up, "up is null");
        requireNonNull(down, "down is null");
        requireNonNull(activation, "activation is null");
    }

    /**
     * Adds its result to h.
     *
     * @param x {@code [rows, hidden]}, as products take it
     * @param h f32, {@code [rows, hidden]}
     */
    public void addTo(Worker worker, int rows, Matrix x, Matrix h) {
        int room = Kernels.bucket(rows);
        var wide = worker.matrix("wide", x.dtype(), room, gate.out());
        if (activation == Activation.SILU) {
            var gates = worker.matrix("gates", DType.F32, room, gate.out());
            var ups = worker.matrix("ups", DType.F32, room, gate.out());
            gate.apply(worker, rows, x, Activation.NONE, gates);
            up.apply(worker, rows, x, Activation.NONE, ups);
            worker.split(room, LEAST_ROWS, (member, first, count) -> SiluLoops.gate(gates, ups, first, count, wide));
        } else {
            var ups = worker.matrix("ups", x.dtype(), room, gate.out());
            up.apply(worker, rows, x, Activation.NONE, ups);
            gate.applyGated(worker, rows, x, activation, ups, wide);
        }
        down.addTo(worker, rows, wide, h);
    }
}
