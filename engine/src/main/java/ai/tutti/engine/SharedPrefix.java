package ai.tutti.engine;

import static java.util.Objects.requireNonNull;

import ai.tutti.engine.kernel.Worker;
import ai.tutti.engine.nn.KeyValues;
import ai.tutti.engine.nn.Tile;
import ai.tutti.engine.nn.Tokens;
import ai.tutti.engine.schedule.TileRunner;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The tokens with which a request's texts begin, all or most: a rerank call's prompt and query. A pass of their own computes them
 * before the texts' turn comes, and their keys and values are kept off the heap until the request has ended, however it ends. The
 * texts get the same bits as when each had computed them for itself, so it makes no difference to a result which way was taken.
 */
final class SharedPrefix implements TileRunner, AutoCloseable {
    /** How a model computes keys and values. */
    @FunctionalInterface
    interface Compute {
        KeyValues compute(Worker worker, int[] ids);
    }

    private static final float[][] NO_RESULT = {{}};

    private final String model;
    private final int[] ids;
    private final Compute compute;
    private final Runnable whenFreed;
    private @Nullable KeyValues computed;
    private boolean computing;
    private boolean closed;

    /**
     * A prefix that is not computed yet.
     *
     * @param model whose it is
     * @param ids at least one
     * @param whenFreed called once, when no memory is taken any more
     */
    SharedPrefix(String model, int[] ids, Compute compute, Runnable whenFreed) {
        this.whenFreed = requireNonNull(whenFreed, "whenFreed is null");
        this.model = requireNonNull(model, "model is null");
        this.ids = requireNonNull(ids, "ids is null");
        this.compute = requireNonNull(compute, "compute is null");
    }

    /** What its own pass computes. */
    Tokens text() {
        return new Tokens(ids);
    }

    /** Whether a text begins with some tokens and goes on. */
    static boolean begins(Tokens text, int[] ids) {
        return text.count() > ids.length && PromptPiece.startsWith(text.ids(), ids);
    }

    private boolean begins(Tokens text) {
        return begins(text, ids);
    }

    /** How many tokens a text has that are not computed yet. */
    int left(Tokens text) {
        return begins(text) ? text.count() - ids.length : text.count();
    }

    /** A text as what comes behind the prefix, once that is computed; as it is where it begins otherwise. */
    synchronized Tokens behind(Tokens text) {
        return begins(text)
                ? new Tokens(
                        requireNonNull(computed, "the prefix is not computed"),
                        Arrays.copyOfRange(text.ids(), ids.length, text.count()))
                : text;
    }

    @Override
    public String model() {
        return model;
    }

    @Override
    public float[][] run(Worker worker, Tile tile) {
        begin();
        KeyValues values = null;
        try {
            values = compute.compute(worker, tile.ids());
        } finally {
            end(values);
        }
        return NO_RESULT;
    }

    private synchronized void begin() {
        computing = true;
    }

    /** @param values null: its pass failed */
    private synchronized void end(@Nullable KeyValues values) {
        computing = false;
        computed = values;
        if (closed) {
            free();
        }
    }

    /** Gives the memory back when the last pass that reads it has ended. Harmless when repeated. */
    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            if (!computing) {
                free();
            }
        }
    }

    private void free() {
        if (computed != null) {
            computed.close(whenFreed);
        } else {
            whenFreed.run();
        }
    }
}
