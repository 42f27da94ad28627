package ai.tutti.server;

import static java.util.Objects.requireNonNull;

import java.util.concurrent.locks.Condition;
import org.jspecify.annotations.Nullable;

/** A model's place on the {@link Shelf}, whose lock guards all that changes here. */
final class Slot {
    private final KnownModel known;
    /** Signalled when a request may get the model or must be told something, and when its last lease is given back. */
    final Condition changed;

    /** The model in memory; null: on the shelf. */
    @Nullable ServedModel loaded;

    /** What its weights take in memory, or will take: estimated at first, known once it was loaded. */
    long bytes;

    int leases;
    /** The shelf's count of uses when it was last used. */
    long lastUsed;
    /** The loader has it in hands. */
    boolean loading;
    /** It is in the queue of those to be loaded. */
    boolean wanted;
    /** Requests that wait for it, and the time when one last came or went. */
    int waiting;

    long lastAsked;
    /** When the loader first found no room for it; null: it has not tried. */
    @Nullable Long shutOutSince;
    /** New requests wait, so that those under way come to an end and it can be put away: somebody else's turn. */
    boolean held;
    /** How many are about to put it away because they were asked to; new requests wait. */
    int unloading;

    long loads;
    long lastLoadNanos;
    long loadingSince;

    @Nullable LoadFault fault;
    /** What only the loaded model tells, remembered. */
    @Nullable ModelFacts facts;

    Slot(KnownModel known, Condition changed) {
        this.known = requireNonNull(known, "known is null");
        this.changed = requireNonNull(changed, "changed is null");
        this.bytes = known.estimatedBytes();
    }

    KnownModel known() {
        return known;
    }

    String name() {
        return known.name();
    }

    /** Whether a request may get it now. */
    boolean isOpen() {
        return loaded != null && !held && unloading == 0;
    }

    ModelState state() {
        if (loaded != null) {
            return ModelState.LOADED;
        }
        return loading || wanted ? ModelState.LOADING : ModelState.UNLOADED;
    }

    ModelStatus status() {
        return new ModelStatus(known, state(), bytes, leases, loads, lastLoadNanos / 1e9, fault, facts);
    }
}
