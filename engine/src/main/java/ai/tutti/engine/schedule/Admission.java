package ai.tutti.engine.schedule;

import java.util.HashMap;
import java.util.Map;

/**
 * Room in a lane, in tokens.
 *
 * <p><b>Who gets in.</b> A request is admitted as long as its caller then holds no more than what is left free (dynamic thresholds:
 * Choudhury and Hahne, IEEE/ACM Transactions on Networking 1998). So a caller alone may hold half of the lane, two come to hold a
 * third each, and n leave one part in n + 1: whoever comes anew finds room, however many tokens the others send, and nobody's share
 * has to be known beforehand. A request larger than half the lane counts as that, and gets in when the lane is empty.
 *
 * <p><b>When there is room again.</b> Callers are served alike, so room comes back from all of them alike; {@link #shortage}
 * says how much of it has to.
 */
final class Admission {
    private final long capacity;
    /** By caller, in tokens that count. */
    private final Map<String, Long> held = new HashMap<>();

    private long counted;
    private long tokens;

    Admission(long capacity) {
        this.capacity = capacity;
    }

    long capacity() {
        return capacity;
    }

    /** How many tokens are in. */
    long tokens() {
        return tokens;
    }

    long heldBy(String caller) {
        return held.getOrDefault(caller, 0L);
    }

    /** Takes room for a request; false when there is too little. One without tokens, all of whose results are known, needs none. */
    boolean admit(String caller, long request) {
        if (request > 0 && counted > 0 && excess(caller, request) > 0) {
            return false;
        }
        change(caller, 0, request);
        return true;
    }

    /** Changes what a request holds. */
    void change(String caller, long before, long after) {
        tokens += after - before;
        long change = counting(after) - counting(before);
        counted += change;
        held.compute(caller, (_, old) -> {
            long now = (old == null ? 0 : old) + change;
            return now == 0 ? null : now;
        });
    }

    /**
     * How many tokens must be computed before a request fits that was refused; those of its caller and of others counted in
     * the share in which they are served, and what larger requests have beyond their share first.
     */
    long shortage(String caller, long request) {
        double partOfCaller = held.containsKey(caller) ? 1.0 / held.size() : 0;
        return tokens - counted + (long) Math.ceil(excess(caller, request) / (1 + partOfCaller));
    }

    /** By how much the caller would hold more than may be held. */
    private long excess(String caller, long request) {
        long more = counting(request);
        return heldBy(caller) + more - (capacity - counted - more);
    }

    /** No request counts for more than a caller alone may hold. */
    private long counting(long request) {
        return Math.min(request, Math.max(1, capacity / 2));
    }
}
