package ai.tutti.engine.nn;

import static java.util.Objects.requireNonNull;

import ai.tutti.engine.tensor.DType;
import ai.tutti.engine.tensor.Matrix;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What every layer of a decoder keeps of some tokens, their keys and values: texts that begin with these tokens need not
 * compute them again ({@link Tokens#prefix}). Off the heap.
 *
 * <p>Closed by whoever had it made, once no text that begins with it will be submitted any more. Passes that run hold it: the
 * memory is given back when the last of them has ended.
 */
public final class KeyValues implements AutoCloseable {
    /**
     * One layer's.
     *
     * @param keys turned by their positions, {@code [tokens, groups * headSize]}
     * @param values {@code [tokens, groups * headSize]}
     */
    public record Layer(Matrix keys, Matrix values) {
        /** How many tokens. */
        public int tokens() {
            return keys.rows();
        }
    }

    private final Arena arena = Arena.ofShared();
    private final Encoder model;
    private final int tokens;
    private final List<Layer> layers;
    private int holders;
    private boolean closed;
    private Runnable whenFreed = () -> {};

    /**
     * Room for them.
     *
     * @param model whose they are
     * @param width numbers of a token's key, or value, in a layer
     */
    public KeyValues(Encoder model, int layers, int tokens, int width, DType type) {
        this.model = requireNonNull(model, "model is null");
        this.tokens = tokens;
        try {
            this.layers = IntStream.range(0, layers)
                    .mapToObj(i -> new Layer(matrix(tokens, width, type), matrix(tokens, width, type)))
                    .toList();
        } catch (RuntimeException | Error e) {
            arena.close();
            throw e;
        }
    }

    private Matrix matrix(int rows, int columns, DType type) {
        return new Matrix(arena.allocate((long) rows * columns * type.bytes(), 64), type, rows, columns);
    }

    /** How many tokens there are. */
    public int tokens() {
        return tokens;
    }

    /** A layer's, counted from 0. */
    public Layer layer(int index) {
        return layers.get(index);
    }

    /**
     * Keeps the memory for a pass that begins.
     *
     * @throws IllegalStateException when it is closed, or another model's
     */
    public synchronized void hold(Encoder by) {
        if (closed) {
            throw new IllegalStateException("the prefix is closed");
        }
        if (!by.equals(model)) {
            throw new IllegalStateException("the prefix is another model's");
        }
        holders++;
    }

    /** The pass has ended. */
    public synchronized void release() {
        holders--;
        free();
    }

    /** Gives the memory back, at once or when the last pass that reads it has ended. */
    @Override
    public void close() {
        close(() -> {});
    }

    /**
     * As the other.
     *
     * @param whenFreed called once the memory is given back, unless it was closed before
     */
    public synchronized void close(Runnable whenFreed) {
        if (!closed) {
            closed = true;
            this.whenFreed = whenFreed;
            free();
        }
    }

    private void free() {
        if (closed && holders == 0) {
            arena.close();
            whenFreed.run();
        }
    }
}
