package ai.tutti.engine.schedule;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What waits and what is under way, and in which order it is taken. Not for several threads: the scheduler's lock guards it, and
 * whatever is done is done in a time that does not grow with what waits, but for closing.
 *
 * <p><b>Equal texts</b> under way are one {@link Sequence}. A ticket for it stands in the lane and among the texts of its own
 * caller, so that the sequence is computed when the first of its tickets has its turn: an interactive one lifts it out of bulk work,
 * and nobody waits longer for having been joined with others. A ticket that leaves takes nothing from the others. That they get the
 * same result is no compromise: it would be the same bit by bit ({@link Work}).
 *
 * <p><b>Lanes.</b> Interactive tiles go first, but not more than four tokens for each of bulk work while that waits: both taking a
 * tile and a worker's pause in one count.
 */
final class WorkQueue {
    /** Interactive tokens that go before one of bulk work. */
    private static final int OVERTAKING = 4;

    private final int tileTokens;
    private final Map<Lane, LaneQueue> lanes = new EnumMap<>(Lane.class);
    private final Map<Lane, Admission> rooms = new EnumMap<>(Lane.class);
    private final LinkedHashSet<Ticket> probes = new LinkedHashSet<>();
    private final Map<Work, Sequence> underWay = new HashMap<>();
    private final Deadlines deadlines = new Deadlines();
    private final Counters counters = new Counters();
    private List<Ticket> settled = new ArrayList<>();
    private long queuedTokens;
    private long queuedTexts;
    private int bulkTiles;
    /** Interactive tokens taken while bulk work waited, less what that was given for it. */
    private long overtaken;

    private long requests;

    /**
     * An empty queue.
     *
     * @param capacity how many tokens may be accepted at a time in each lane
     * @param tileTokens the size of a tile
     */
    WorkQueue(long capacity, int tileTokens) {
        this.tileTokens = tileTokens;
        for (var lane : Lane.values()) {
            lanes.put(lane, new LaneQueue());
            rooms.put(lane, new Admission(capacity));
        }
    }

    /** Takes room for a request; null when there is too little. */
    @Nullable Reservation reserve(Scheduler scheduler, TileRunner model, Terms terms, long tokens) {
        return room(terms.chosenLane()).admit(terms.caller(), tokens) ? opened(scheduler, model, terms, tokens) : null;
    }

    /** A request that is put before all others, whether there is room or not. */
    Reservation reserveForProbe(Scheduler scheduler, TileRunner model, long tokens) {
        var terms = Terms.DEFAULT.withLane(Lane.INTERACTIVE);
        room(Lane.INTERACTIVE).change(terms.caller(), 0, tokens);
        return opened(scheduler, model, terms, tokens);
    }

    private Reservation opened(Scheduler scheduler, TileRunner model, Terms terms, long tokens) {
        var counter = counters.of(model, terms.chosenLane());
        var request = new Reservation(scheduler, model, terms, counter, requests++, tokens);
        request.counter().open += tokens;
        deadlines.add(request);
        return request;
    }

    /**
     * Adds a text, or joins it with an equal one that is under way.
     *
     * @param fresh is used when there is none
     */
    Ticket submit(Reservation request, Sequence fresh, boolean probe, long now) {
        request.spend(fresh.tokens());
        var sequence = underWay.computeIfAbsent(fresh.work(), _ -> fresh);
        var ticket = new Ticket(request, sequence, now);
        if (sequence != fresh) {
            request.counter().shared++;
            request.clock().shared();
        } else {
            queuedTexts++;
            queuedTokens += fresh.tokens();
        }
        sequence.add(ticket);
        request.tickets().add(ticket);
        request.clock().waits(now);
        if (sequence.taken()) {
            request.clock().taken(now);
        } else if (probe) {
            probes.add(ticket);
        } else {
            lane(ticket).add(ticket);
        }
        return ticket;
    }

    /** Chooses the next tile; null when nothing waits. */
    @Nullable TakenTile next(int tokens, long now) {
        var lane = !lanes(Lane.INTERACTIVE).isEmpty() && (lanes(Lane.BULK).isEmpty() || mayOvertake())
                ? Lane.INTERACTIVE
                : Lane.BULK;
        return probes.isEmpty() ? take(lane, tokens, now) : probe(now);
    }

    /** Chooses a tile that goes before bulk work that is under way; null when there is none, or enough went before it. */
    @Nullable TakenTile nextUrgent(int tokens, long now) {
        if (!probes.isEmpty()) {
            return probe(now);
        }
        return mayOvertake() ? take(Lane.INTERACTIVE, tokens, now) : null;
    }

    private boolean mayOvertake() {
        return overtaken < (long) OVERTAKING * tileTokens;
    }

    private TakenTile probe(long now) {
        var ticket = probes.getFirst();
        taken(ticket.sequence(), now);
        return new TakenTile(
                List.of(ticket.sequence()), Lane.INTERACTIVE, room(ticket.reservation().model()), ticket.reservation().counter());
    }

    private @Nullable TakenTile take(Lane lane, int tokens, long now) {
        var sequences = new ArrayList<Sequence>();
        var model = lanes(lane).fill(tokens, sequence -> {
            sequences.add(sequence);
            taken(sequence, now);
        });
        if (model == null) {
            return null;
        }
        var tile = new TakenTile(sequences, lane, room(model), counters.of(model, lane));
        if (lane == Lane.BULK) {
            bulkTiles++;
            overtaken = Math.max(0, overtaken) - (long) OVERTAKING * tile.tokens();
        } else if (bulkTiles > 0 || !lanes(Lane.BULK).isEmpty()) {
            overtaken += tile.tokens();
        } else {
            overtaken = 0;
        }
        return tile;
    }

    private int room(TileRunner model) {
        return Math.min(tileTokens, model.tileTokens());
    }

    private void taken(Sequence sequence, long now) {
        queuedTexts--;
        queuedTokens -= sequence.tokens();
        sequence.taken(true);
        for (var ticket : sequence.tickets()) {
            unqueue(ticket);
            ticket.reservation().clock().taken(now);
            ticket.reservation().counter().queueNanos += now - ticket.submitted();
        }
    }

    private void unqueue(Ticket ticket) {
        if (!probes.remove(ticket)) {
            lane(ticket).remove(ticket);
        }
    }

    /**
     * Hands results of a tile out. Each ticket gets an array of its own.
     *
     * @param sequences all of the tile's, or some
     * @param nanos how long a worker computed
     */
    void computed(TakenTile tile, List<Sequence> sequences, float[][] results, long nanos, long now) {
        int tokens = sequences.stream().mapToInt(Sequence::tokens).sum();
        tile.counter().computed(sequences.size(), tokens, Math.max(tokens, tile.room()), nanos);
        for (int i = 0; i < results.length; i++) {
            var tickets = ended(sequences.get(i));
            for (var ticket : tickets) {
                leave(ticket, now);
                boolean last = ticket == tickets.getLast(); // the others' are copies made before anybody has it
                settled.add(ticket.settled(last ? results[i] : results[i].clone(), null));
            }
        }
    }

    /** Fails all who wait for a text that cannot be computed. */
    void failed(Sequence sequence, Throwable fault, long now) {
        for (var ticket : ended(sequence)) {
            leave(ticket, now);
            settled.add(ticket.settled(null, fault));
        }
    }

    private List<Ticket> ended(Sequence sequence) {
        underWay.remove(sequence.work(), sequence);
        return List.copyOf(sequence.tickets());
    }

    /** Forgets a text whose pass was given up since nobody waited; whoever has come meanwhile goes back into the queue. */
    void givenUp(Sequence sequence, long now) {
        if (!sequence.wanted()) {
            underWay.remove(sequence.work(), sequence);
            return;
        }
        sequence.taken(false);
        queuedTexts++;
        queuedTokens += sequence.tokens();
        for (var ticket : sequence.tickets()) {
            ticket.reservation().clock().putBack(now);
            lane(ticket).add(ticket);
        }
    }

    /** A worker is done with a tile. */
    void left(TakenTile tile) {
        if (tile.lane() == Lane.BULK) {
            bulkTiles--;
        }
    }

    /** Drops a ticket. */
    void cancel(Ticket ticket, long now) {
        if (leave(ticket, now)) {
            ticket.reservation().counter().givenUp++;
            settled.add(ticket.settled(null, new CancellationException()));
        }
    }

    /** Drops what a request still waits for. */
    void close(Reservation request, long now) {
        for (var ticket : List.copyOf(request.tickets())) {
            cancel(ticket, now);
        }
        end(request);
    }

    /** Fails what a request still waits for, since its deadline has passed. */
    void expire(Reservation request, long now) {
        for (var ticket : List.copyOf(request.tickets())) {
            expire(ticket, now);
        }
        end(request);
    }

    private void expire(Ticket ticket, long now) {
        if (leave(ticket, now)) {
            ticket.reservation().counter().pastDeadline++;
            settled.add(ticket.settled(null, late(ticket.reservation())));
        }
    }

    private static DeadlineExceededException late(Reservation request) {
        return new DeadlineExceededException(requireNonNull(request.terms().deadline()).allowed());
    }

    /** Removes the requests whose deadline has passed. */
    void expire(long now) {
        for (var request = deadlines.passed(); request != null; request = deadlines.passed()) {
            expire(request, now);
        }
    }

    private void end(Reservation request) {
        deadlines.remove(request);
        request.end();
        release(request, request.open());
    }

    /** Gives back room of texts that need not be computed. */
    void cached(Reservation request, long texts, long tokens) {
        request.counter().cached += texts;
        request.clock().cached(texts);
        if (!request.over()) {
            request.spend(tokens);
            release(request, tokens);
        }
    }

    /** Takes a ticket out, if it is still there. */
    private boolean leave(Ticket ticket, long now) {
        var request = ticket.reservation();
        var sequence = ticket.sequence();
        if (!request.tickets().remove(ticket)) {
            return false;
        }
        sequence.remove(ticket);
        request.clock().left(sequence.taken(), now);
        if (!sequence.taken()) {
            unqueue(ticket);
            if (!sequence.wanted()) {
                underWay.remove(sequence.work());
                queuedTexts--;
                queuedTokens -= sequence.tokens();
            }
        }
        release(request, sequence.tokens());
        return true;
    }

    private void release(Reservation request, long tokens) {
        long open = request.open();
        request.open(open - tokens);
        room(request.terms().chosenLane()).change(request.terms().caller(), open, open - tokens);
        request.counter().open -= tokens;
    }

    /** Fails what waits for some models and is not under way. */
    void fail(Predicate<TileRunner> models, String reason, long now) {
        for (var sequence : List.copyOf(underWay.values())) {
            if (!sequence.taken() && models.test(sequence.tickets().getFirst().reservation().model())) {
                failed(sequence, new IllegalStateException(reason), now);
            }
        }
    }

    /** The tickets that have an outcome since the last call: they are to be published when the lock is free. */
    List<Ticket> takeSettled() {
        if (settled.isEmpty()) {
            return List.of();
        }
        var taken = settled;
        settled = new ArrayList<>();
        return taken;
    }

    /** Whether nothing waits. */
    boolean isEmpty() {
        return queuedTexts == 0;
    }

    /** Whether something waits that goes before bulk work. */
    boolean urgent() {
        return !probes.isEmpty() || !lanes(Lane.INTERACTIVE).isEmpty();
    }

    /** May be asked without the lock. */
    boolean due() {
        return deadlines.due();
    }

    long queuedTokens() {
        return queuedTokens;
    }

    long queuedTexts() {
        return queuedTexts;
    }

    Admission room(Lane lane) {
        return requireNonNull(rooms.get(lane));
    }

    Counters counters() {
        return counters;
    }

    private LaneQueue lanes(Lane lane) {
        return requireNonNull(lanes.get(lane));
    }

    private LaneQueue lane(Ticket ticket) {
        return lanes(ticket.lane());
    }
}
