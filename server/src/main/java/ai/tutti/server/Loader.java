package ai.tutti.server;

import static java.util.Objects.requireNonNull;

import ai.tutti.engine.Engine;
import java.lang.System.Logger.Level;

/**
 * Loads models and puts them away, one at a time, on a thread of its own that stands back behind the workers: a model that is
 * being loaded takes little from those that compute.
 */
final class Loader implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(Loader.class.getName());

    private final Engine engine;
    private final Shelf shelf;
    private final Thread thread;

    private Loader(Engine engine, Shelf shelf) {
        this.engine = requireNonNull(engine, "engine is null");
        this.shelf = requireNonNull(shelf, "shelf is null");
        this.thread = engine.background("tutti-loader", this::run);
    }

    static Loader start(Engine engine, Shelf shelf) {
        Loader loader = new Loader(engine, shelf);
        loader.thread.start();
        return loader;
    }

    private void run() {
        for (Shelf.Job job = shelf.next(); job != null; job = shelf.next()) {
            job.putAway().forEach(Loader::putAway);
            load(job.slot());
        }
    }

    private void load(Slot slot) {
        try {
            ServedModel model = slot.known().load(engine);
            LOG.log(Level.DEBUG, "{0} is loaded", slot.name());
            shelf.loaded(slot, model).forEach(Loader::putAway);
        } catch (RuntimeException | Error e) {
            LoadFault fault = LoadFault.of(e);
            if (fault.isExpected()) {
                LOG.log(Level.WARNING, "{0} cannot be loaded: {1}", slot.name(), fault.message());
            } else {
                LOG.log(Level.ERROR, slot.name() + " cannot be loaded", e);
            }
            shelf.failed(slot, fault);
        }
    }

    /** A fault in it must not end the thread that loads all others. */
    private static void putAway(ServedModel model) {
        try {
            model.close();
            LOG.log(Level.DEBUG, "{0} is put away", model.name());
        } catch (RuntimeException e) {
            LOG.log(Level.ERROR, model.name() + " cannot be put away", e);
        }
    }

    /** Waits until the load under way has ended; begins no other. */
    @Override
    public void close() {
        shelf.stop();
        boolean interrupted = false;
        while (true) {
            try {
                thread.join();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
