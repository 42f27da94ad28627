package ai.tutti.engine.schedule;

import static java.util.Objects.requireNonNull;

import ai.tutti.engine.kernel.GivenUpException;
import ai.tutti.engine.kernel.Kernels;
import ai.tutti.engine.kernel.Worker;
import ai.tutti.engine.nn.Tile;
import java.lang.System.Logger.Level;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a worker's thread does: it takes tiles and computes them, one after another.
 *
 * <p><b>Pauses.</b> Between two layers of a bulk tile it looks whether interactive work has come, and computes that first, with
 * working memory of its own, while the bulk tile's stays as it is. So a query waits for a layer of bulk work, not for a text of
 * eight thousand tokens. What it computes in a pause is not interrupted again.
 */
final class TileWorker implements Runnable {
    private static final System.Logger LOG = System.getLogger(TileWorker.class.getName());

    private final Scheduler scheduler;
    private final Kernels kernels;
    /** For what is computed in a pause; made when it is first needed. */
    private @Nullable Worker spare;

    /** How long pauses took since the tile was taken that is under way. */
    private long pausedNanos;

    TileWorker(Scheduler scheduler, Kernels kernels) {
        this.scheduler = requireNonNull(scheduler, "scheduler is null");
        this.kernels = requireNonNull(kernels, "kernels is null");
    }

    @Override
    public void run() {
        try (var worker = new Worker(kernels)) {
            for (var tile = scheduler.take(worker); tile != null; tile = scheduler.take(worker)) {
                serve(worker, tile);
            }
        } finally {
            if (spare != null) {
                spare.close();
            }
        }
    }

    private void serve(Worker worker, TakenTile tile) {
        var team = scheduler.lead(tile);
        worker.lead(team);
        worker.pausing(() -> pause(tile));
        pausedNanos = 0;
        try {
            compute(worker, tile, tile.sequences());
        } finally { // whoever helps is let go, whatever happened
            if (team != null) {
                team.end();
            }
            worker.lead(null);
            worker.pausing(() -> {});
            scheduler.left(tile, team);
        }
    }

    private void pause(TakenTile tile) {
        scheduler.expire();
        if (tile.yields()) {
            for (var urgent = scheduler.takeUrgent(); urgent != null; urgent = scheduler.takeUrgent()) {
                long begin = System.nanoTime();
                serveInPause(urgent);
                pausedNanos += System.nanoTime() - begin;
            }
        }
    }

    private void serveInPause(TakenTile tile) {
        long before = pausedNanos;
        pausedNanos = 0;
        try {
            compute(spare(), tile, tile.sequences());
        } catch (RuntimeException | Error e) { // there is no spare: a fault of these texts' and not of the bulk tile's
            LOG.log(Level.ERROR, "a tile of " + tile.tokens() + " tokens could not be computed in a pause", e);
            tile.sequences().forEach(sequence -> scheduler.failed(sequence, e));
        } finally {
            pausedNanos = before;
            scheduler.leftUrgent(tile);
        }
    }

    private Worker spare() {
        var worker = spare;
        if (worker == null) {
            worker = new Worker(kernels);
            worker.pausing(scheduler::expire);
            spare = worker;
        }
        return worker;
    }

    /** Computes a tile or what is left of it. */
    private void compute(Worker worker, TakenTile tile, List<Sequence> sequences) {
        long begin = System.nanoTime() - pausedNanos;
        try {
            var results = run(worker, sequences);
            for (int i = 0; i < results.length; i++) {
                var work = sequences.get(i).work();
                work.runner().computed(work, results[i]);
            }
            scheduler.computed(tile, sequences, results, System.nanoTime() - begin - pausedNanos);
        } catch (GivenUpException e) {
            scheduler.givenUp(sequences);
        } catch (RuntimeException | Error e) {
            if (sequences.size() > 1) {
                sequences.forEach(sequence -> compute(worker, tile, List.of(sequence)));
            } else if (sequences.getFirst().wanted()) {
                var sequence = sequences.getFirst();
                LOG.log(Level.ERROR, "a text of " + sequence.tokens() + " tokens could not be computed", e);
                scheduler.failed(sequence, e);
            } else { // what it read may be gone
                scheduler.givenUp(sequences);
            }
        }
    }

    private static float[][] run(Worker worker, List<Sequence> sequences) {
        worker.wanted(() -> sequences.stream().anyMatch(Sequence::wanted));
        worker.requireWanted();
        var texts = sequences.stream().map(sequence -> sequence.work().text()).toList();
        var results = sequences.getFirst().work().runner().run(worker, Tile.of(texts));
        if (results.length != sequences.size()) {
            throw new IllegalStateException(results.length + " results for " + sequences.size() + " texts");
        }
        return results;
    }
}
