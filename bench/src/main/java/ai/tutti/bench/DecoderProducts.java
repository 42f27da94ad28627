package ai.tutti.bench;

import ai.tutti.engine.kernel.Activation;
import ai.tutti.engine.kernel.Kernels;
import ai.tutti.engine.kernel.Worker;
import ai.tutti.engine.nn.Linear;
import ai.tutti.engine.tensor.DType;
import ai.tutti.engine.tensor.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * oneDNN's bare products of one layer of a decoder, weights packed whole, on so many cores at once: 512 rows, nothing between them
 * and no sum or activation behind them. A layer's weights are more than a cache holds, as a model's are.
 */
final class DecoderProducts implements Contest.Work, AutoCloseable {
    private static final int ROWS = 512;

    private final DType type;
    private final Arena arena = Arena.ofShared();
    private final List<Linear> layers = new ArrayList<>();
    private final List<Callable<Void>> cores = new ArrayList<>();
    private final List<Worker> workers = new ArrayList<>();
    private final ExecutorService threads;
    private final long lastLayer;
    private long weights;

    DecoderProducts(Shape.Sizes sizes, DType type, int cores) {
        this.type = type;
        int hidden = sizes.hidden();
        int queries = sizes.heads() * sizes.headSize();
        int keys = sizes.groups() * sizes.headSize();
        int[][] shapes = {
            {hidden, queries}, {hidden, keys}, {hidden, keys}, {queries, hidden},
            {hidden, sizes.intermediate()}, {hidden, sizes.intermediate()}, {sizes.intermediate(), hidden}
        };
        for (var shape : shapes) {
            layers.add(layer(shape[0], shape[1]));
            weights += (long) shape[0] * shape[1];
        }
        lastLayer = 2L * hidden * keys;
        threads = Executors.newFixedThreadPool(cores);
        for (int i = 0; i < cores; i++) {
            this.cores.add(core());
        }
    }

    /** Operations of a token in one layer: two for each weight. */
    double operations() {
        return 2.0 * weights;
    }

    /** How many layers' products a token goes through that is not its text's last: in the last layer, its key's and value's. */
    double layers(int layers) {
        return layers - 1 + (double) lastLayer / weights;
    }

    /** @return tokens that went through one layer */
    @Override
    public long run() throws InterruptedException {
        threads.invokeAll(cores);
        return (long) ROWS * cores.size();
    }

    private Callable<Void> core() {
        var worker = new Worker(Kernels.instance());
        workers.add(worker);
        int in = layers.stream().mapToInt(Linear::in).max().orElseThrow();
        int out = layers.stream().mapToInt(Linear::out).max().orElseThrow();
        var x = random(in);
        var y = arena.allocate((long) ROWS * out * type.bytes(), 64);
        return () -> {
            for (var layer : layers) {
                var source = new Matrix(x, type, ROWS, layer.in());
                layer.apply(worker, ROWS, source, Activation.NONE, new Matrix(y, type, ROWS, layer.out()));
            }
            return null;
        };
    }

    private MemorySegment random(int columns) {
        var random = new SplittableRandom(2);
        var data = arena.allocate((long) ROWS * columns * type.bytes(), 64);
        for (long i = 0; i < (long) ROWS * columns; i++) {
            float value = (random.nextInt() >> 8) * 0x1p-23f;
            if (type == DType.F32) {
                data.setAtIndex(ValueLayout.JAVA_FLOAT, i, value);
            } else {
                data.setAtIndex(ValueLayout.JAVA_SHORT, i, (short) (Float.floatToRawIntBits(value) >>> 16));
            }
        }
        return data;
    }

    private Linear layer(int in, int out) {
        try (var packing = Kernels.instance().packing(in, out, type, type, arena)) {
            var random = new SplittableRandom(1);
            var values = new float[packing.step() * in];
            for (int i = 0; i < values.length; i++) {
                values[i] = (random.nextInt() >> 8) * 0x1p-28f;
            }
            for (int first = 0; first < out; first += packing.step()) {
                packing.put(first, values, 0, Math.min(packing.step(), out - first));
            }
            return new Linear(packing.packed(), arena.allocate(4L * out, 64));
        }
    }

    @Override
    public void close() {
        threads.close();
        workers.forEach(Worker::close);
        arena.close();
    }
}
