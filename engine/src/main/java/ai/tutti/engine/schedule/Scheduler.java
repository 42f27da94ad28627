package ai.tutti.engine.schedule;

import ai.tutti.engine.kernel.GivenUpException;
import ai.tutti.engine.kernel.Kernels;
import ai.tutti.engine.kernel.Team;
import ai.tutti.engine.kernel.Worker;
import ai.tutti.engine.nn.Tile;
import ai.tutti.engine.nn.Tokens;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Decides which texts run next, and on which core.
 *
 * <p><b>Workers.</b> One platform thread a core, each computing whole tiles by itself: no two threads work on one tile while
 * there are others, so that under load none waits for another in the middle of a pass, and throughput grows with the cores.
 * Callers never compute; they wait.
 *
 * <p><b>Tiles.</b> A worker takes the oldest text, and behind it as many texts of the same model as fit into a tile, bounded
 * in tokens. While other workers are idle it leaves them their share, so that the texts of one request spread over all
 * cores. A text longer than a tile runs alone. Models take turns.
 *
 * <p><b>Teams.</b> A worker that finds nothing to take lends a hand to one that computes a large tile ({@link Team}), until there
 * is something to take. So a lone text uses all cores, and so does the last one of many.
 *
 * <p><b>Lanes.</b> A request for which somebody waits goes before bulk work ({@link Lane}): it waits for the tiles under way and
 * for others of its kind, not for all that was accepted before it. Every fifth tile is bulk work nevertheless, so that it never
 * stands still.
 *
 * <p><b>Bounds.</b> Room is reserved for a whole request before its first text is queued ({@link #reserve}); when its lane has
 * none, the request is refused at once with the time that the queue needs at the speed seen lately. So bulk work that fills
 * its lane locks no query out. Probes for readiness need no room and go before everything else.
 *
 * <p><b>Leaving.</b> A text whose caller has gone or whose deadline ({@link Terms#deadline}) has passed is not computed; when nobody waits for any text of a tile under way, the
 * worker leaves it at the next layer. A tile that somebody still waits for is computed to its end.
 *
 * <p><b>Faults.</b> If a tile fails, its texts are computed again one by one, so that only the one at fault fails.
 */
public final class Scheduler implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(Scheduler.class.getName());

    /** After so many interactive tiles a tile of bulk work is taken, if there is any. */
    private static final int MOST_OVERTAKEN = 4;

    /** Small enough for the hidden states to stay in a core's cache, large enough for the products' full rate. */
    private static final int TILE_TOKENS = 512;

    /** A share that is not worth splitting further. */
    private static final int LEAST_SHARE = 64;

    /** Tokens of a tile that is worth more than one worker. */
    private static final int TEAM_TOKENS = 64;

    /** oneDNN generates its kernels on the thread that first needs them, and wants more stack for it than Java's default. */
    public static final long WORKER_STACK = 8 << 20;

    private static final double SPEED_MEMORY = 0.9;

    private static final String CLOSED = "the engine is closed";

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition work = lock.newCondition();
    private final Waiting interactive = new Waiting();
    private final Waiting bulk = new Waiting();
    private final Deque<Sequence> probes = new ArrayDeque<>();
    private final List<Thread> threads = new ArrayList<>();
    /** Teams under way, the oldest first. */
    private final List<Team> teams = new ArrayList<>();

    private final long capacity;
    /** Whether there is something to take, or to end for; read by helpers without the lock. */
    private volatile boolean wanted;

    /** Tiles of the interactive lane taken one after another while bulk work waits. */
    private int overtaken;

    private long queuedTokens;
    private long queuedTexts;
    private int busy;
    private double tokensPerSecond;
    private boolean closed;

    /** What waits in a lane, by model, and the tokens for which it has given room. */
    private static final class Waiting {
        private final Map<TileRunner, Deque<Sequence>> queues = new LinkedHashMap<>();
        private long reserved;

        boolean isEmpty() {
            return queues.isEmpty();
        }
    }

    private Waiting in(Lane lane) {
        return lane == Lane.INTERACTIVE ? interactive : bulk;
    }

    /** How much work waits and runs. */
    public record Load(long reservedTokens, long queuedTokens, long queuedTexts, int busyWorkers) {}

    /**
     * Starts the workers.
     *
     * @param workers how many threads compute
     * @param capacity how many tokens may be reserved at a time in each lane
     * @param kernels what a worker computes with
     */
    public Scheduler(int workers, long capacity, Kernels kernels) {
        this.capacity = capacity;
        for (int i = 0; i < workers; i++) {
            var thread = Thread.ofPlatform()
                    .name("tutti-worker-" + i)
                    .stackSize(WORKER_STACK)
                    .daemon()
                    .unstarted(() -> serve(kernels));
            threads.add(thread);
        }
        threads.forEach(Thread::start);
    }

    /**
     * Takes room for a request.
     *
     * @param terms with a lane
     * @throws QueueFullException when the lane has not so much room; a request larger than a whole lane gets in when that is
     *     empty
     * @throws IllegalStateException when the scheduler is closed
     */
    public Reservation reserve(Terms terms, long tokens) {
        lock.lock();
        try {
            requireOpen();
            var waiting = in(terms.chosenLane());
            long reserved = waiting.reserved;
            if (reserved > 0 && reserved + tokens > capacity) {
                throw new QueueFullException(
                        "The queue is full: %,d tokens are waiting, this request has %,d, and there is room for %,d of its kind."
                                .formatted(reserved, tokens, capacity),
                        retryAfter(reserved + tokens - capacity));
            }
            waiting.reserved += tokens;
            return new Reservation(this, terms, tokens);
        } finally {
            lock.unlock();
        }
    }

    /** Computes a text before everything that waits, without room in the queue: for health checks. */
    public Sequence probe(TileRunner runner, Tokens text) {
        lock.lock();
        try {
            requireOpen();
            interactive.reserved += text.count();
            var sequence = new Sequence(runner, text, new Reservation(this, Terms.DEFAULT.withLane(Lane.INTERACTIVE), text.count()));
            probes.add(sequence);
            added(sequence);
            return sequence;
        } finally {
            lock.unlock();
        }
    }

    public Load load() {
        lock.lock();
        try {
            return new Load(interactive.reserved + bulk.reserved, queuedTokens, queuedTexts, busy);
        } finally {
            lock.unlock();
        }
    }

    /** Fails what waits, lets what runs end, stops the workers. */
    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            wanted = true;
            work.signalAll();
        } finally {
            lock.unlock();
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
        lock.lock();
        try {
            fail(probes, CLOSED);
            interactive.queues.values().forEach(queue -> fail(queue, CLOSED));
            bulk.queues.values().forEach(queue -> fail(queue, CLOSED));
        } finally {
            lock.unlock();
        }
    }

    /** Fails the texts that wait for a model; what a worker has taken already is computed. */
    public void fail(TileRunner runner, String reason) {
        lock.lock();
        try {
            fail(interactive.queues.remove(runner), reason);
            fail(bulk.queues.remove(runner), reason);
        } finally {
            lock.unlock();
        }
    }

    private void fail(@Nullable Deque<Sequence> queue, String reason) {
        while (queue != null && !queue.isEmpty()) {
            var sequence = remove(queue);
            sequence.leave();
            sequence.result().completeExceptionally(new IllegalStateException(reason));
        }
    }

    void enqueue(Sequence sequence) {
        lock.lock();
        try {
            requireOpen();
            in(sequence.lane()).queues.computeIfAbsent(sequence.runner(), runner -> new ArrayDeque<>()).add(sequence);
            added(sequence);
        } finally {
            lock.unlock();
        }
    }

    void release(Lane lane, long tokens) {
        lock.lock();
        try {
            in(lane).reserved -= tokens;
        } finally {
            lock.unlock();
        }
    }

    private void requireOpen() {
        if (closed) {
            throw new IllegalStateException(CLOSED);
        }
    }

    private void added(Sequence sequence) {
        queuedTokens += sequence.tokens();
        queuedTexts++;
        wanted = true;
        work.signal();
    }

    private Duration retryAfter(long tokens) {
        double seconds = tokensPerSecond > 0 ? tokens / tokensPerSecond : 1;
        return Duration.ofMillis((long) Math.clamp(seconds * 1000, 100, 60_000));
    }

    private void serve(Kernels kernels) {
        try (var worker = new Worker(kernels)) {
            for (var tile = take(worker); tile != null; tile = take(worker)) {
                long begin = System.nanoTime();
                long tokens = 0;
                var team = lead(worker, tile);
                try {
                    tokens = run(worker, tile);
                } finally { // whoever helps is let go, whatever happened
                    disband(worker, team);
                    done(tokens, System.nanoTime() - begin);
                }
            }
        }
    }

    private void done(long tokens, long nanos) {
        lock.lock();
        try {
            if (tokens > 0) {
                double speed = tokens * 1e9 / Math.max(1, nanos) * threads.size();
                tokensPerSecond = tokensPerSecond == 0 ? speed : SPEED_MEMORY * tokensPerSecond + (1 - SPEED_MEMORY) * speed;
            }
            busy--;
        } finally {
            lock.unlock();
        }
    }

    /** Waits for work and takes a tile of it, and helps others meanwhile; null when the scheduler is closed. */
    private @Nullable List<Sequence> take(Worker worker) {
        while (true) {
            Team team;
            lock.lock();
            try {
                while (true) {
                    if (closed) {
                        return null;
                    }
                    var tile = next();
                    if (!tile.isEmpty()) {
                        busy++;
                        if (queuedTexts > 0) {
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
                lock.unlock();
            }
            team.help(worker, () -> wanted);
        }
    }

    /** Lets workers without work join this one for its tile. */
    private @Nullable Team lead(Worker worker, List<Sequence> tile) {
        if (threads.size() == 1 || tile.stream().mapToInt(Sequence::tokens).sum() < TEAM_TOKENS) {
            return null;
        }
        var team = new Team();
        worker.lead(team);
        lock.lock();
        try {
            teams.add(team);
            work.signalAll();
        } finally {
            lock.unlock();
        }
        return team;
    }

    private void disband(Worker worker, @Nullable Team team) {
        if (team != null) {
            team.end();
            worker.lead(null);
            lock.lock();
            try {
                teams.remove(team);
            } finally {
                lock.unlock();
            }
        }
    }

    private List<Sequence> next() {
        var tile = new ArrayList<Sequence>();
        fill(tile, probes, 1);
        if (!tile.isEmpty()) {
            return tile;
        }
        boolean yields = overtaken >= MOST_OVERTAKEN;
        next(tile, (yields ? bulk : interactive).queues);
        if (tile.isEmpty()) {
            next(tile, (yields ? interactive : bulk).queues);
        }
        overtaken = !tile.isEmpty() && tile.getFirst().lane() == Lane.INTERACTIVE && !bulk.isEmpty() ? overtaken + 1 : 0;
        return tile;
    }

    private void next(List<Sequence> tile, Map<TileRunner, Deque<Sequence>> queues) {
        var runners = queues.entrySet().iterator();
        while (tile.isEmpty() && runners.hasNext()) {
            var entry = runners.next();
            runners.remove();
            fill(tile, entry.getValue(), share());
            if (!entry.getValue().isEmpty()) {
                queues.put(entry.getKey(), entry.getValue()); // to the end: models take turns
                break;
            }
        }
    }

    /** How many tokens a worker should take, so that idle ones find some too. */
    private int share() {
        int idle = Math.max(1, threads.size() - busy);
        return Math.clamp(queuedTokens / idle, LEAST_SHARE, TILE_TOKENS);
    }

    private void fill(List<Sequence> tile, Deque<Sequence> queue, int tokens) {
        int taken = 0;
        for (var sequence = queue.peek(); sequence != null; sequence = queue.peek()) {
            boolean dropped = sequence.unwanted();
            if (!dropped && taken > 0 && taken + sequence.tokens() > tokens) {
                return;
            }
            remove(queue);
            if (dropped) {
                sequence.leave();
            } else {
                tile.add(sequence);
                taken += sequence.tokens();
            }
        }
    }

    private Sequence remove(Deque<Sequence> queue) {
        var sequence = queue.remove();
        queuedTokens -= sequence.tokens();
        queuedTexts--;
        wanted = closed || queuedTexts > 0;
        return sequence;
    }

    /** Computes a tile; returns how many tokens it had, 0 when it was given up. */
    private static long run(Worker worker, List<Sequence> tile) {
        long tokens = 0;
        try {
            var results = compute(worker, tile);
            for (int i = 0; i < tile.size(); i++) {
                tile.get(i).leave();
                tile.get(i).result().complete(results[i]);
                tokens += tile.get(i).tokens();
            }
        } catch (GivenUpException e) {
            tile.forEach(Sequence::giveUp);
            return 0;
        } catch (RuntimeException | Error e) {
            if (tile.size() == 1 && tile.getFirst().unwanted()) { // nobody waits for it, and what it read may be gone
                tile.getFirst().giveUp();
                return 0;
            } else if (tile.size() == 1) {
                LOG.log(Level.ERROR, "a text of " + tile.getFirst().tokens() + " tokens could not be computed", e);
                tile.getFirst().leave();
                tile.getFirst().result().completeExceptionally(e);
            } else {
                for (var sequence : tile) {
                    tokens += run(worker, List.of(sequence));
                }
            }
        }
        return Math.max(1, tokens);
    }

    private static float[][] compute(Worker worker, List<Sequence> tile) {
        worker.wanted(() -> tile.stream().anyMatch(sequence -> !sequence.unwanted()));
        var texts = tile.stream().map(Sequence::text).toList();
        var results = tile.getFirst().runner().run(worker, Tile.of(texts));
        if (results.length != tile.size()) {
            throw new IllegalStateException(results.length + " results for " + tile.size() + " texts");
        }
        return results;
    }

    /**
     * Waits for a sequence; what a worker threw comes out as it was.
     *
     * @throws DeadlineExceededException when its deadline passes before
     */
    public static float[] await(Sequence sequence) throws InterruptedException {
        try {
            var deadline = sequence.deadline();
            if (deadline == null) {
                return sequence.result().get();
            }
            try {
                return sequence.result().get(Math.max(0, deadline.remainingNanos()), TimeUnit.NANOSECONDS);
            } catch (TimeoutException e) {
                sequence.unwanted();
                return sequence.result().get();
            }
        } catch (ExecutionException e) {
            throw e.getCause() instanceof RuntimeException fault ? fault : new IllegalStateException(e.getCause());
        } catch (CancellationException e) {
            throw new IllegalStateException("the text was dropped", e);
        }
    }
}
