package ai.tutti.engine.schedule;

import java.util.ArrayList;
import java.util.List;

/**
 * A text under way, computed once for all who wait for it: each has a {@link Ticket}. Guarded by the scheduler's lock but for what
 * a worker reads between two layers.
 */
final class Sequence {
    private final Work work;
    private final boolean alone;
    private final List<Ticket> tickets = new ArrayList<>(1);
    private boolean taken;
    private volatile boolean wanted = true;
    private volatile boolean urgent;

    /** @param alone whether it shares a tile with no other */
    Sequence(Work work, boolean alone) {
        this.work = work;
        this.alone = alone;
    }

    Work work() {
        return work;
    }

    boolean alone() {
        return alone;
    }

    int tokens() {
        return work.text().count();
    }

    /** Who waits for it. */
    List<Ticket> tickets() {
        return tickets;
    }

    void add(Ticket ticket) {
        tickets.add(ticket);
        wanted = true;
        urgent |= ticket.lane() == Lane.INTERACTIVE;
    }

    void remove(Ticket ticket) {
        tickets.remove(ticket);
        wanted = !tickets.isEmpty();
    }

    /** Whether anybody waits for it; may be asked without the lock. */
    boolean wanted() {
        return wanted;
    }

    /** Whether somebody waits for it in the interactive lane, or did; may be asked without the lock. */
    boolean urgent() {
        return urgent;
    }

    /** Whether a worker has it. */
    boolean taken() {
        return taken;
    }

    void taken(boolean value) {
        taken = value;
    }
}
