package ai.tutti.server;

import static java.util.Objects.requireNonNull;
import static java.util.Objects.requireNonNullElseGet;

import ai.tutti.engine.checkpoint.ModelLoadException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The served models, those in memory and those that are not.
 *
 * <p><b>Leases.</b> Whoever computes with a model borrows it, and a model is put away only when nobody has it: work under way
 * ends well. Who borrows a model that is not in memory waits until it is, all for one and the same load.
 *
 * <p><b>Room.</b> The weights of all models in memory, and of the one that is being loaded, stay within a budget. A model is
 * admitted before its loading begins, by its size: estimated from its files at first, known once it was loaded. If there is no
 * room, idle models make it, the least recently used first.
 *
 * <p><b>Turns.</b> Where all models that would have to go are at work, the load waits. Requests may follow one another so
 * closely that a model is never idle; so after {@link #GRACE} new requests to it wait, too, until it has been put away and is
 * loaded again after its rival. A long request can keep it in use for minutes, and then that would only make everybody wait:
 * so it ends after the rest of {@link #CYCLE}, and begins anew.
 *
 * <p>One {@link Loader} loads, one model at a time; nothing here computes or reads files.
 */
final class Shelf implements AutoCloseable {
    /** How long a load that finds no room waits for models to become idle by themselves. */
    private static final Duration GRACE = Duration.ofSeconds(2);

    /** After this time requests are let through to models that were to make room and could not. */
    private static final Duration CYCLE = Duration.ofSeconds(10);

    /** How often the loader looks at the time while a load waits for room. */
    private static final Duration LOOK = Duration.ofMillis(100);

    /** A load that nobody waits for any more, and that has not begun, is forgotten after this time. */
    private static final Duration FORGOTTEN = Duration.ofSeconds(30);

    /** After a load has failed, those who ask within this time get the same answer. */
    static final Duration RETRY = Duration.ofSeconds(5);

    /** How long a load may take of which nothing is known. */
    private static final Duration USUAL_LOAD = Duration.ofSeconds(5);

    /** A model to load, and the models that make room for it and are to be closed before. */
    record Job(Slot slot, List<ServedModel> putAway) {}

    private final ReentrantLock lock = new ReentrantLock();
    /** Signalled when the loader may find something to do. */
    private final Condition work = lock.newCondition();

    private final List<Slot> slots;
    private final Deque<Slot> wanted = new ArrayDeque<>();
    private final long budget;
    private final Duration wait;
    private final Metrics metrics;

    private long used;
    private long uses;
    private boolean closing;

    /**
     * All models on the shelf.
     *
     * @param budget how many bytes the weights in memory may have
     * @param wait how long a request waits for its model
     */
    Shelf(Collection<KnownModel> models, long budget, Duration wait, Metrics metrics) {
        this.slots = models.stream().map(model -> new Slot(model, lock.newCondition())).toList();
        this.budget = budget;
        this.wait = wait;
        this.metrics = requireNonNull(metrics, "metrics is null");
    }

    /** The models' places, in the order in which they were named. */
    List<Slot> slots() {
        return slots;
    }

    long budget() {
        return budget;
    }

    /** What the weights in memory have, in bytes; those of the model that is being loaded are among them. */
    long used() {
        lock.lock();
        try {
            return used;
        } finally {
            lock.unlock();
        }
    }

    /** How a model is at this moment. */
    ModelStatus status(Slot slot) {
        lock.lock();
        try {
            return slot.status();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Takes a model to work with; has it loaded and waits for that if it is not in memory. The lease is to be closed.
     *
     * @throws ApiException 503 when it cannot be loaded, or not soon enough
     */
    Lease borrow(Slot slot) throws InterruptedException {
        long deadline = System.nanoTime() + wait.toNanos();
        lock.lockInterruptibly();
        try {
            while (!slot.isOpen()) {
                if (slot.loaded == null) {
                    requireLoadable(slot);
                    want(slot);
                }
                await(slot, deadline);
            }
            slot.lastUsed = ++uses;
            return lend(slot);
        } finally {
            lock.unlock();
        }
    }

    /** Takes a model if it is in memory and nobody is about to put it away, which does not count as a use; else null. */
    @Nullable Lease borrowIfLoaded(Slot slot) {
        lock.lock();
        try {
            return slot.isOpen() ? lend(slot) : null;
        } finally {
            lock.unlock();
        }
    }

    private Lease lend(Slot slot) {
        slot.leases++;
        return new Lease(this, slot, requireNonNull(slot.loaded, "an open slot has its model"));
    }

    void giveBack(Slot slot) {
        lock.lock();
        try {
            slot.leases--;
            if (slot.leases == 0) {
                if (slot.unloading > 0) {
                    slot.changed.signalAll();
                }
                if (!wanted.isEmpty()) {
                    work.signal();
                }
            }
        } finally {
            lock.unlock();
        }
    }

    /**
     * Puts a model away as soon as the requests under way have ended; new ones wait meanwhile, and have it loaded again.
     * Harmless if it is not in memory.
     *
     * @throws ApiException 503 when the requests under way do not end soon enough; then all goes on as before
     */
    void unload(Slot slot) throws InterruptedException {
        long deadline = System.nanoTime() + wait.toNanos();
        ServedModel model;
        lock.lockInterruptibly();
        try {
            slot.unloading++;
            try {
                while (slot.loading || (slot.loaded != null && slot.leases > 0)) {
                    await(slot, deadline);
                }
                model = slot.loaded;
                slot.loaded = null;
            } finally {
                slot.unloading--;
                slot.changed.signalAll();
            }
        } finally {
            lock.unlock();
        }
        if (model != null) {
            long bytes = model.weightBytes();
            try {
                model.close();
            } finally {
                lock.lock();
                try {
                    used -= bytes;
                    work.signal();
                } finally {
                    lock.unlock();
                }
            }
        }
    }

    /**
     * Loads those models that are not to wait until they are asked for, in their order, as far as the budget has room for all
     * of them.
     *
     * @return the first fault, if one of them cannot be loaded
     */
    @Nullable LoadFault loadAtStart() throws InterruptedException {
        lock.lockInterruptibly();
        try {
            for (Slot slot : slots) {
                if (slot.known().lazy() || used + slot.bytes > budget) {
                    continue;
                }
                want(slot);
                slot.waiting++;
                while (slot.wanted || slot.loading) {
                    slot.changed.await();
                }
                slot.waiting--;
                if (slot.loaded == null) {
                    return requireNonNullElseGet(
                            slot.fault, () -> LoadFault.of(new ModelLoadException(slot.known().tooLarge(slot.bytes, budget))));
                }
            }
            return null;
        } finally {
            lock.unlock();
        }
    }

    private void requireLoadable(Slot slot) {
        if (slot.bytes > budget) {
            throw Errors.loadFailed(slot.name(), slot.known().tooLarge(slot.bytes, budget), RETRY);
        }
        LoadFault fault = slot.fault;
        if (fault != null) {
            Duration left = RETRY.minusNanos(System.nanoTime() - fault.nanoTime());
            if (left.isPositive()) {
                throw Errors.loadFailed(slot.name(), fault.message(), left);
            }
        }
    }

    private void want(Slot slot) {
        if (closing) {
            throw Errors.closing();
        }
        slot.lastAsked = System.nanoTime();
        if (!slot.wanted && !slot.loading) {
            slot.wanted = true;
            slot.shutOutSince = null;
            wanted.add(slot);
            work.signal();
        }
    }

    /** Waits until something may have changed for a slot; callers look again, and again. */
    @SuppressWarnings("WaitNotInLoop")
    private void await(Slot slot, long deadline) throws InterruptedException {
        if (closing) {
            throw Errors.closing();
        }
        long left = deadline - System.nanoTime();
        if (left <= 0) {
            throw notYet(slot);
        }
        slot.waiting++;
        try {
            var _ = slot.changed.awaitNanos(left);
        } finally {
            slot.waiting--;
            slot.lastAsked = System.nanoTime();
        }
    }

    private ApiException notYet(Slot slot) {
        if (slot.loaded != null) {
            return Errors.unavailable("model_busy", slot.name() + " is still at work and is to be put away", GRACE);
        }
        if (!slot.loading && slot.shutOutSince != null) {
            String message = "%s waits for memory: the models at work take the memory budget of %s"
                    .formatted(slot.name(), Sizes.text(budget));
            return Errors.unavailable("model_loading", message, CYCLE);
        }
        Duration whole = slot.lastLoadNanos == 0 ? USUAL_LOAD : Duration.ofNanos(slot.lastLoadNanos);
        Duration past = slot.loading ? Duration.ofNanos(System.nanoTime() - slot.loadingSince) : Duration.ZERO;
        return Errors.unavailable("model_loading", slot.name() + " is being loaded", whole.minus(past));
    }

    /** Waits until there is a model to load and room for it; null when the shelf is closed. For the loader alone. */
    @Nullable Job next() {
        lock.lock();
        try {
            while (!closing) {
                forget();
                Job job = admit();
                if (job != null) {
                    return job;
                }
                if (wanted.isEmpty()) {
                    work.awaitUninterruptibly();
                } else {
                    var _ = work.await(LOOK.toNanos(), TimeUnit.NANOSECONDS);
                }
            }
            return null;
        } catch (InterruptedException e) {
            return null;
        } finally {
            lock.unlock();
        }
    }

    /** Drops loads that nobody has asked for lately. */
    private void forget() {
        long now = System.nanoTime();
        wanted.removeIf(slot -> {
            boolean forgotten = slot.waiting == 0 && now - slot.lastAsked > FORGOTTEN.toNanos();
            slot.wanted = !forgotten;
            return forgotten;
        });
    }

    private @Nullable Job admit() {
        Slot first = wanted.peek();
        if (first == null) {
            hold(List.of());
            return null;
        }
        List<Slot> idle = toMakeRoomFor(first, false);
        if (idle != null) {
            return take(first, idle);
        }
        if (isItsTurn(first)) {
            List<Slot> busy = toMakeRoomFor(first, true);
            hold(busy == null ? List.of() : busy);
            return null;
        }
        hold(List.of());
        for (Slot other : wanted) {
            idle = toMakeRoomFor(other, false);
            if (idle != null) {
                return take(other, idle);
            }
        }
        return null;
    }

    private static boolean isItsTurn(Slot slot) {
        long now = System.nanoTime();
        Long since = slot.shutOutSince;
        if (since == null) {
            slot.shutOutSince = now;
            return false;
        }
        return (now - since) % CYCLE.toNanos() >= GRACE.toNanos();
    }

    /** Which models are to be put away for another; null when that would not be enough. */
    private @Nullable List<Slot> toMakeRoomFor(Slot slot, boolean busyToo) {
        long missing = used + slot.bytes - budget;
        List<Slot> chosen = leastRecentlyUsed(missing, busyToo);
        return chosen.stream().mapToLong(other -> other.bytes).sum() >= missing ? chosen : null;
    }

    /**
     * Models that have so many bytes together, the least recently used first; all there are if they have less.
     *
     * @param busyToo whether models in use count; idle ones go before them
     */
    private List<Slot> leastRecentlyUsed(long bytes, boolean busyToo) {
        List<Slot> chosen = new ArrayList<>();
        long left = bytes;
        List<Slot> candidates = slots.stream()
                .filter(slot -> slot.loaded != null && (busyToo || slot.leases == 0))
                .sorted(Comparator.<Slot>comparingInt(slot -> Math.min(slot.leases, 1))
                        .thenComparingLong(slot -> slot.lastUsed))
                .toList();
        for (Slot slot : candidates) {
            if (left <= 0) {
                break;
            }
            chosen.add(slot);
            left -= slot.bytes;
        }
        return chosen;
    }

    private void hold(List<Slot> those) {
        for (Slot slot : slots) {
            boolean hold = those.contains(slot);
            if (slot.held && !hold) {
                slot.changed.signalAll();
            }
            slot.held = hold;
        }
    }

    private Job take(Slot slot, List<Slot> idle) {
        hold(List.of());
        wanted.remove(slot);
        slot.wanted = false;
        slot.loading = true;
        slot.loadingSince = System.nanoTime();
        List<ServedModel> putAway = idle.stream().map(this::evict).toList();
        used += slot.bytes;
        return new Job(slot, putAway);
    }

    private ServedModel evict(Slot slot) {
        ServedModel model = requireNonNull(slot.loaded, "only loaded models are put away");
        slot.loaded = null;
        used -= slot.bytes;
        slot.changed.signalAll();
        metrics.modelEvicted(slot.name());
        return model;
    }

    /**
     * Takes a loaded model in. Its size is known only now.
     *
     * @return what does not fit and is to be closed: this model, or others
     */
    List<ServedModel> loaded(Slot slot, ServedModel model) {
        lock.lock();
        try {
            used += model.weightBytes() - slot.bytes;
            slot.bytes = model.weightBytes();
            slot.facts = ModelFacts.of(model);
            slot.lastLoadNanos = System.nanoTime() - slot.loadingSince;
            slot.loading = false;
            slot.changed.signalAll();
            if (closing || slot.bytes > budget) {
                used -= slot.bytes;
                return List.of(model);
            }
            slot.fault = null;
            slot.loads++;
            metrics.modelLoaded(slot.name(), Duration.ofNanos(slot.lastLoadNanos));
            List<ServedModel> excess =
                    leastRecentlyUsed(used - budget, false).stream().map(this::evict).toList();
            slot.loaded = model;
            slot.lastUsed = ++uses;
            return excess;
        } finally {
            lock.unlock();
        }
    }

    /** A model could not be loaded: those who wait are told, and who asks a while later has it tried again. */
    void failed(Slot slot, LoadFault fault) {
        lock.lock();
        try {
            used -= slot.bytes;
            slot.loading = false;
            slot.fault = fault;
            slot.changed.signalAll();
            metrics.modelLoadFailed(slot.name());
        } finally {
            lock.unlock();
        }
    }

    /** Begins no load any more and sends away those who wait for one; who has a model keeps it. */
    void stop() {
        lock.lock();
        try {
            closing = true;
            wanted.forEach(slot -> slot.wanted = false);
            wanted.clear();
            hold(List.of());
            slots.forEach(slot -> slot.changed.signalAll());
            work.signal();
        } finally {
            lock.unlock();
        }
    }

    /** Frees every model, also those in use, whose work fails. The loader is to have ended before. */
    @Override
    public void close() {
        stop();
        for (Slot slot : slots) {
            ServedModel model;
            lock.lock();
            try {
                model = slot.loaded;
                slot.loaded = null;
                used -= model == null ? 0 : slot.bytes;
            } finally {
                lock.unlock();
            }
            if (model != null) {
                model.close();
            }
        }
    }
}
