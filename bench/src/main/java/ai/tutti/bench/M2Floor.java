package ai.tutti.bench;

import ai.tutti.engine.kernel.Activation;
import ai.tutti.engine.kernel.Kernels;
import ai.tutti.engine.kernel.Worker;
import ai.tutti.engine.nn.Linear;
import ai.tutti.engine.tensor.DType;
import ai.tutti.engine.tensor.Matrix;
import java.lang.foreign.Arena;

/**
 * The least that a text of M2-BERT costs on one core: its products at the rate that oneDNN's own reach on their shapes, taken
 * in this run, and its transforms at 60 GFLOP/s.
 */
final class M2Floor {
    private static final double TRANSFORMS_PER_SECOND = 60e9;
    /** The layers' worth of products that are left when the last layer computes only what position 0 needs. */
    private static final double LAYERS = 10.86;

    private static final int[] ROWS = {256, 512, 1024};
    private static final long TURN = 100_000_000;

    private M2Floor() {}

    /** Seconds for the products of one position in one layer. */
    static double secondsAPosition(DType type, Contest.Clock clock) {
        try (var worker = new Worker(Kernels.instance());
                var arena = Arena.ofConfined()) {
            return best(worker, arena, type, clock, 768, 2304)
                    + best(worker, arena, type, clock, 768, 768)
                    + 4 * best(worker, arena, type, clock, 192, 1536)
                    + 4 * best(worker, arena, type, clock, 768, 192);
        }
    }

    /** GFLOP/s over all products of a layer. */
    static double rate(double secondsAPosition) {
        return 2 * (768 * 2304 + 768 * 768 + 4 * 192 * 1536 + 4 * 768 * 192) / secondsAPosition / 1e9;
    }

    static double seconds(int length, double secondsAPosition) {
        return products(length, secondsAPosition) + transforms(length);
    }

    static double products(int length, double secondsAPosition) {
        return LAYERS * length * secondsAPosition;
    }

    static double transforms(int length) {
        double twice = 2.0 * length;
        return 4 * 768 * 11 * 2.5 * twice * Math.log(twice) / Math.log(2) / TRANSFORMS_PER_SECOND;
    }

    /** Seconds a row, with the number of rows at which that is least. */
    private static double best(Worker worker, Arena arena, DType type, Contest.Clock clock, int in, int out) {
        var kernels = Kernels.instance();
        Linear linear;
        try (var packing = kernels.packing(in, out, type, type, arena)) {
            var weight = new float[packing.step() * in];
            for (int first = 0; first < out; first += packing.step()) {
                packing.put(first, weight, 0, Math.min(packing.step(), out - first));
            }
            linear = new Linear(packing.packed(), arena.allocate(4L * out, 64));
        }
        double best = Double.MAX_VALUE;
        for (int rows : ROWS) {
            var x = matrix(arena, type, rows, in);
            var y = matrix(arena, type, rows, out);
            linear.apply(worker, rows, x, Activation.NONE, y);
            long begin = clock.nanos();
            int runs = 0;
            while (clock.nanos() - begin < TURN) {
                linear.apply(worker, rows, x, Activation.NONE, y);
                runs++;
            }
            best = Math.min(best, (clock.nanos() - begin) / 1e9 / runs / rows);
        }
        return best;
    }

    private static Matrix matrix(Arena arena, DType type, int rows, int columns) {
        return new Matrix(arena.allocate((long) rows * columns * type.bytes(), 64), type, rows, columns);
    }
}
