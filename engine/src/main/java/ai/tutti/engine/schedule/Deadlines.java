package ai.tutti.engine.schedule;

import static java.util.Objects.requireNonNull;

import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Requests that are worth nothing after some moment, the next first. Guarded by the scheduler's lock but for {@link #due}, which
 * workers ask between two layers.
 */
final class Deadlines {
    private final TreeSet<Reservation> requests = new TreeSet<>(Deadlines::compare);
    private volatile @Nullable Deadline next;

    private static int compare(Reservation one, Reservation other) {
        long later = deadline(one).nanoTime() - deadline(other).nanoTime(); // as System.nanoTime() is to be compared
        return later == 0 ? Long.compare(one.number(), other.number()) : Long.signum(later);
    }

    private static Deadline deadline(Reservation request) {
        return requireNonNull(request.terms().deadline());
    }

    void add(Reservation request) {
        if (request.terms().deadline() != null) {
            requests.add(request);
            first();
        }
    }

    void remove(Reservation request) {
        if (request.terms().deadline() != null) {
            requests.remove(request);
            first();
        }
    }

    private void first() {
        next = requests.isEmpty() ? null : deadline(requests.getFirst());
    }

    /** Whether one has passed; may be asked without the lock. */
    boolean due() {
        var deadline = next;
        return deadline != null && deadline.passed();
    }

    /** The request whose deadline has passed longest ago, to be removed by the caller; null when none has. */
    @Nullable Reservation passed() {
        return due() ? requests.getFirst() : null;
    }
}
