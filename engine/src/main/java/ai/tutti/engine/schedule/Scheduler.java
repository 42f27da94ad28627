package ai.tutti.engine.schedule;

import ai.tutti.engine.kernel.Kernels;
import ai.tutti.engine.kernel.Team;
import ai.tutti.engine.kernel.Worker;
import ai.tutti.engine.nn.Tokens;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Decides which texts run next, and on which core.
 *
 * <p><b>Workers.</b> One platform thread a core ({@link TileWorker}), each computing whole tiles by itself: no two threads work on
 * one tile while there are others, so that under load none waits for another in the middle of a pass, and throughput grows with the
 * cores. Callers never compute; they wait.
 *
 * <p><b>Tiles.</b> A worker takes the text whose turn it is, and behind it as many texts of the same model and lane as fit into a
 * tile, bounded in tokens, whosever they are. While other workers are idle it leaves them their share, so that the texts of one
 * request spread over all cores. A text longer than a tile runs alone.
 *
 * <p><b>Turns.</b> Models take turns, tile by tile, and callers within a model, by tokens ({@link Turns}).
 *
 * <p><b>Teams.</b> A worker that finds nothing to take lends a hand to one that computes a large tile ({@link Team}), until there
 * is something to take. So a lone text uses all cores, and so does the last one of many.
 *
 * <p><b>Lanes.</b> A request for which somebody waits goes before bulk work ({@link Lane}): it waits for others of its kind, not for
 * all that was accepted before it, and not for bulk tiles under way, which their workers leave between two layers for as long.
 * Bulk work gets a token for four nevertheless, so that it never stands still ({@link WorkQueue}).
 *
 * <p><b>Bounds.</b> Room is reserved for a whole request before its first text is queued ({@link #reserve}); when there is none for
 * this caller in this lane, the request is refused at once with the time that the queue needs at the speed seen lately
 * ({@link Admission}). So bulk work that fills its lane locks no query out, and no caller another. Probes for readiness need no room
 * and go before everything else.
 *
 * <p><b>Equal texts</b> under way are computed once ({@link Work}).
 *
 * <p><b>Leaving.</b> A text whose caller has gone or whose deadline has passed ({@link Terms#deadline}) leaves the queue at once,
 * and its room is free; when nobody waits for any text of a tile under way, the worker leaves it at the next layer. A tile that
 * somebody still waits for is computed to its end.
 *
 * <p><b>Faults.</b> If a tile fails, its texts are computed again one by one, so that only the one at fault fails.
 */
public final class Scheduler implements AutoCloseable {
    /** oneDNN generates its kernels on the thread that first needs them, and wants more stack for it than Java's default. */
    public static final long WORKER_STACK = 8 << 20;

    /** A share that is not worth splitting further. */
    private static final int LEAST_SHARE = 64;

    /** Tokens of a tile that is worth more than one worker: few, since weights can be parted where rows cannot. */
    private static final int TEAM_TOKENS = 4;

    private static final Duration SOONEST = Duration.ofMillis(100);
    private static final Duration LATEST = Duration.ofMinutes(1);

    /** Before anything is known of a speed. */
    private static final Duration UNKNOWN = Duration.ofSeconds(1);

    private static final String CLOSED = "the engine is closed";

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition work = lock.newCondition();
    private final int tileTokens;
    private final WorkQueue queue;
    private final List<Thread> threads = new ArrayList<>();
    /** Teams under way, the oldest first. */
    private final List<Team> teams = new ArrayList<>();
    /** Whether there is something to take, or to end for; read by helpers without the lock. */
    private volatile boolean wanted;
    /** Whether something waits that goes before bulk work; read by workers without the lock. */
    private volatile boolean urgent;

    private int busy;
    private boolean closed;

    /** How much work waits and runs. */
    public record Load(long reservedTokens, long queuedTokens, long queuedTexts, int busyWorkers) {}

    /**
     * Starts the workers.
     *
     * @param workers how many threads compute
     * @param capacity how many tokens may be reserved at a time in each lane
     * @param tileTokens how many tokens a tile has at most; a longer text is one alone
     * @param kernels what a worker computes with
     */
    public Scheduler(int workers, long capacity, int tileTokens, Kernels kernels) {
        this.tileTokens = tileTokens;
        queue = new WorkQueue(capacity, tileTokens);
        for (int i = 0; i < workers; i++) {
            var thread = Thread.ofPlatform()
                    .name("tutti-worker-" + i)
                    .stackSize(WORKER_STACK)
                    .daemon()
                    .unstarted(new TileWorker(this, kernels));
            threads.add(thread);
        }
        threads.forEach(Thread::start);
    }

    /**
     * Takes room for a request.
     *
     * @param model what computes its texts
     * @param terms with a lane
     * @throws QueueFullException when the lane has not so much room for this caller; a request larger than half a lane gets in
     *     when that is empty
     * @throws DeadlineExceededException when its deadline has passed already
     * @throws IllegalStateException when the scheduler is closed
     */
    public Reservation reserve(TileRunner model, Terms terms, long tokens) {
        lock();
        try {
            requireOpen();
            queue.expire(System.nanoTime());
            var deadline = terms.deadline();
            if (deadline != null && deadline.passed()) {
                throw new DeadlineExceededException(deadline.allowed());
            }
            var request = queue.reserve(this, model, terms, tokens);
            if (request == null) {
                queue.counters().of(model, terms.chosenLane()).refused++;
                throw full(terms, tokens);
            }
            return request;
        } finally {
            unlock();
        }
    }

    private QueueFullException full(Terms terms, long tokens) {
        var room = queue.room(terms.chosenLane());
        return new QueueFullException(
                ("The queue is full: %,d tokens are waiting, %,d of them this caller's, and this request has %,d; of room for %,d a"
                                + " caller may hold as much as stays free.")
                        .formatted(room.tokens(), room.heldBy(terms.caller()), tokens, room.capacity()),
                retryAfter(terms.chosenLane(), room.shortage(terms.caller(), tokens)));
    }

    /** How long until so many tokens of a lane are computed. */
    private Duration retryAfter(Lane lane, long tokens) {
        var counters = queue.counters();
        double nanos = counters.openNanos(lane) * tokens / Math.max(1, queue.room(lane).tokens());
        if (lane == Lane.BULK) {
            nanos += counters.openNanos(Lane.INTERACTIVE);
        }
        var time = nanos == 0 ? UNKNOWN : Duration.ofNanos((long) Math.min(nanos / threads.size(), (double) LATEST.toNanos()));
        return time.compareTo(SOONEST) < 0 ? SOONEST : time;
    }

    /** Computes a text before everything that waits, without room in the queue: for health checks. */
    public Ticket probe(TileRunner model, Tokens text) {
        lock();
        try {
            requireOpen();
            var request = queue.reserveForProbe(this, model, text.count());
            var ticket = queue.submit(request, new Sequence(new Work(model, text), false), true, System.nanoTime());
            work.signal();
            return ticket;
        } finally {
            unlock();
        }
    }

    public Load load() {
        lock();
        try {
            queue.expire(System.nanoTime());
            long reserved = queue.room(Lane.INTERACTIVE).tokens() + queue.room(Lane.BULK).tokens();
            return new Load(reserved, queue.queuedTokens(), queue.queuedTexts(), busy);
        } finally {
            unlock();
        }
    }

    /** What every model has done in every lane, in no order. */
    public List<LaneStatistics> statistics() {
        lock();
        try {
            return queue.counters().snapshot();
        } finally {
            unlock();
        }
    }

    /** Fails what waits, lets what runs end, stops the workers. */
    @Override
    public void close() {
        lock();
        try {
            closed = true;
            work.signalAll();
        } finally {
            unlock();
        }
        boolean interrupted = false;
        for (var thread : threads) {
            while (true) {
                try {
                    thread.join();
                    break;
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        lock();
        try {
            queue.fail(_ -> true, CLOSED, System.nanoTime());
        } finally {
            unlock();
        }
    }

    /** Fails the texts that wait for a model; what a worker has taken already is computed. */
    public void fail(TileRunner model, String reason) {
        lock();
        try {
            queue.fail(model::equals, reason, System.nanoTime());
        } finally {
            unlock();
        }
    }

    private void lock() {
        lock.lock();
    }

    private void unlock() {
        wanted = closed || !queue.isEmpty();
        urgent = queue.urgent();
        var settled = queue.takeSettled();
        lock.unlock();
        settled.forEach(Ticket::publish); // whoever wakes finds the lock free
    }

    private void requireOpen() {
        if (closed) {
            throw new IllegalStateException(CLOSED);
        }
    }

    // What requests ask for.

    Ticket submit(Reservation request, Sequence sequence) {
        lock();
        try {
            requireOpen();
            long now = System.nanoTime();
            if (!request.over()) {
                var ticket = queue.submit(request, sequence, false, now);
                work.signal();
                return ticket;
            }
            var deadline = request.terms().deadline();
            if (deadline == null || !deadline.passed()) {
                throw new IllegalStateException("the request is closed");
            }
            var ticket = new Ticket(request, sequence, now).settled(null, new DeadlineExceededException(deadline.allowed()));
            ticket.publish();
            return ticket;
        } finally {
            unlock();
        }
    }

    void cached(Reservation request, long texts, long tokens) {
        lock();
        try {
            queue.cached(request, texts, tokens);
        } finally {
            unlock();
        }
    }

    Timings timings(Reservation request) {
        lock();
        try {
            return request.clock().timings(System.nanoTime());
        } finally {
            unlock();
        }
    }

    void cancel(Ticket ticket) {
        lock();
        try {
            queue.cancel(ticket, System.nanoTime());
        } finally {
            unlock();
        }
    }

    void close(Reservation request) {
        lock();
        try {
            queue.close(request, System.nanoTime());
        } finally {
            unlock();
        }
    }

    void expire(Reservation request) {
        lock();
        try {
            queue.expire(request, System.nanoTime());
        } finally {
            unlock();
        }
    }

    // What workers ask for.

    /** Waits for work and takes a tile of it, and helps others meanwhile; null when the scheduler is closed. */
    @Nullable TakenTile take(Worker worker) {
        while (true) {
            Team team;
            lock();
            try {
                while (true) {
                    if (closed) {
                        return null;
                    }
                    long now = System.nanoTime();
                    queue.expire(now);
                    var tile = queue.next(share(), now);
                    if (tile != null) {
                        busy++;
                        if (!queue.isEmpty()) {
                            work.signal();
                        }
                        return tile;
                    }
                    if (!teams.isEmpty()) {
                        team = teams.getFirst();
                        break;
                    }
                    work.awaitUninterruptibly();
                }
            } finally {
                unlock();
            }
            team.help(worker, () -> wanted);
        }
    }

    /** How many tokens a worker should take, so that idle ones find some too. */
    private int share() {
        int idle = Math.max(1, threads.size() - busy);
        return Math.clamp(queue.queuedTokens() / idle, Math.min(LEAST_SHARE, tileTokens), tileTokens);
    }

    /** A tile that goes before bulk work under way; null when there is none. Mostly answered without the lock. */
    @Nullable TakenTile takeUrgent() {
        if (!urgent) {
            return null;
        }
        lock();
        try {
            return queue.nextUrgent(share(), System.nanoTime());
        } finally {
            unlock();
        }
    }

    /** Removes the requests whose deadline has passed. Mostly answered without the lock. */
    void expire() {
        if (queue.due()) {
            lock();
            try {
                queue.expire(System.nanoTime());
            } finally {
                unlock();
            }
        }
    }

    /** Lets workers without work join this one for its tile; null: it computes alone. */
    @Nullable Team lead(TakenTile tile) {
        if (threads.size() == 1 || tile.tokens() < TEAM_TOKENS) {
            return null;
        }
        var team = new Team();
        lock();
        try {
            teams.add(team);
            work.signalAll();
        } finally {
            unlock();
        }
        return team;
    }

    void computed(TakenTile tile, List<Sequence> sequences, float[][] results, long nanos) {
        lock();
        try {
            queue.computed(tile, sequences, results, nanos, System.nanoTime());
        } finally {
            unlock();
        }
    }

    void failed(Sequence sequence, Throwable fault) {
        lock();
        try {
            queue.failed(sequence, fault, System.nanoTime());
        } finally {
            unlock();
        }
    }

    void givenUp(List<Sequence> sequences) {
        lock();
        try {
            long now = System.nanoTime();
            sequences.forEach(sequence -> queue.givenUp(sequence, now));
            work.signal();
        } finally {
            unlock();
        }
    }

    /** A worker has done what it could for a tile that goes before bulk work under way. */
    void leftUrgent(TakenTile tile) {
        lock();
        try {
            queue.left(tile);
        } finally {
            unlock();
        }
    }

    /** A worker has done what it could for a tile, and disbands its team. */
    void left(TakenTile tile, @Nullable Team team) {
        lock();
        try {
            queue.left(tile);
            busy--;
            if (team != null) {
                teams.remove(team);
            }
        } finally {
            unlock();
        }
    }
}
