package ai.tutti.engine.schedule;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Consumer;

/**
 * What waits for one model in one lane. Callers take turns by tokens: next is the one who was served the fewest, and of one caller
 * the oldest text. So a caller with a million texts and one with ten get the same share of the tokens as long as both wait, in
 * whatever lengths and however many requests.
 *
 * <p>This is start-time fair queueing (Goyal, Vin and Cheng, SIGCOMM 1996): each caller has a count of tokens served; one who comes
 * anew begins at the count of who was served last, so that nobody saves up turns by staying away, and one who leaves and comes back
 * finds the own count again where it was ahead. With n callers waiting, the next text of one waits at most for the longest text of
 * each of the others, and a tile. A text that several wait for stands in the queue of each, and is on the account of whose turn
 * takes it.
 */
final class Turns {
    /** Callers passed over for one tile, since their next text does not fit. */
    private static final int MOST_ASIDE = 8;

    private final Map<String, Caller> callers = new HashMap<>();
    /** Those who wait, the least served first. */
    private final TreeSet<Caller> waiting = new TreeSet<>(Comparator.comparingLong((Caller caller) -> caller.served)
            .thenComparingLong(caller -> caller.turn));
    /** Those who do not, and are ahead of the others. */
    private final TreeSet<Caller> ahead = new TreeSet<>(waiting.comparator());

    /** What the caller had been served whose turn was last. */
    private long now;

    private long turns;
    private int tickets;

    private static final class Caller {
        private final String name;
        private final LinkedHashSet<Ticket> tickets = new LinkedHashSet<>();
        private long served;
        private long turn;

        Caller(String name) {
            this.name = name;
        }
    }

    boolean isEmpty() {
        return tickets == 0;
    }

    void add(Ticket ticket) {
        var caller = callers.computeIfAbsent(ticket.caller(), Caller::new);
        if (caller.tickets.isEmpty()) {
            ahead.remove(caller);
            caller.served = Math.max(caller.served, now);
            caller.turn = turns++;
            waiting.add(caller);
        }
        caller.tickets.add(ticket);
        tickets++;
    }

    void remove(Ticket ticket) {
        var caller = callers.get(ticket.caller());
        if (caller == null || !caller.tickets.remove(ticket)) {
            return;
        }
        tickets--;
        if (caller.tickets.isEmpty()) {
            waiting.remove(caller);
            if (caller.served > now) {
                ahead.add(caller);
            } else {
                callers.remove(caller.name);
            }
        }
    }

    /**
     * Chooses the texts of the next tile.
     *
     * @param tokens how many it should have at most; one text may have more
     * @param take called for each of them in turn; removes all its tickets
     */
    void fill(int tokens, Consumer<Sequence> take) {
        var aside = new ArrayList<Caller>();
        int room = tokens;
        while (!waiting.isEmpty() && room > 0 && aside.size() < MOST_ASIDE) {
            var caller = waiting.removeFirst();
            var sequence = caller.tickets.getFirst().sequence();
            if (room < tokens && (sequence.alone() || sequence.tokens() > room)) {
                aside.add(caller);
                continue;
            }
            room = sequence.alone() ? 0 : room - sequence.tokens();
            now = Math.max(now, caller.served);
            caller.served += sequence.tokens();
            caller.turn = turns++;
            waiting.add(caller);
            take.accept(sequence);
        }
        aside.removeIf(caller -> caller.tickets.isEmpty());
        waiting.addAll(aside);
        while (!ahead.isEmpty() && ahead.getFirst().served <= now) {
            callers.remove(ahead.removeFirst().name);
        }
    }
}
