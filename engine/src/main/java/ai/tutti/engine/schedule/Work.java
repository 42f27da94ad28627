package ai.tutti.engine.schedule;

import static java.util.Objects.requireNonNull;

import ai.tutti.engine.nn.Tokens;
import java.util.Arrays;
import java.util.concurrent.ThreadLocalRandom;

/**
 * A text in a model, as what a result depends on: two that are equal have results that are equal bit by bit, since a text's result
 * depends neither on its neighbours in a tile nor on the worker. The model is told by its instance, so that precision, reproduction
 * and weights are in it; the tokens are compared one by one.
 *
 * <p>The hash is keyed by a number of this process's own, so that nobody can make up texts that all fall into one place of a table.
 */
public final class Work {
    private static final long SEED = ThreadLocalRandom.current().nextLong() | 1;

    private final TileRunner runner;
    private final Tokens text;
    private final int hash;

    public Work(TileRunner runner, Tokens text) {
        this.runner = requireNonNull(runner, "runner is null");
        this.text = requireNonNull(text, "text is null");
        hash = hash(text) ^ runner.hashCode();
    }

    private static int hash(Tokens text) {
        long hash = SEED + text.second() + ((long) text.prompt() << 32);
        for (int id : text.ids()) {
            hash = (hash ^ id) * SEED;
            hash ^= hash >>> 32;
        }
        return (int) (hash ^ hash >>> 32);
    }

    public TileRunner runner() {
        return runner;
    }

    public Tokens text() {
        return text;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Work that
                && hash == that.hash
                && runner.equals(that.runner)
                && text.second() == that.text.second()
                && text.prompt() == that.text.prompt()
                && text.prefix() == that.text.prefix()
                && Arrays.equals(text.ids(), that.text.ids());
    }

    @Override
    public int hashCode() {
        return hash;
    }
}
