package ai.tutti.engine.schedule;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/**
 * On what terms a request is computed.
 *
 * @param lane which way it takes through the queue; null: by the number of its tokens
 * @param caller who sends it: requests of one caller share that caller's turns and room. Any text that tells callers apart, such
 *     as an API key or an address
 * @param deadline when it is worth nothing any more; null: never
 */
public record Terms(@Nullable Lane lane, String caller, @Nullable Deadline deadline) {
    /** By the number of tokens, for nobody in particular, whenever it ends. */
    public static final Terms DEFAULT = new Terms(null, "", null);

    public Terms {
        requireNonNull(caller, "caller is null");
    }

    public Terms withLane(@Nullable Lane value) {
        return new Terms(value, caller, deadline);
    }

    public Terms withCaller(String value) {
        return new Terms(lane, value, deadline);
    }

    public Terms withDeadline(@Nullable Deadline value) {
        return new Terms(lane, caller, value);
    }

    /** These, in a lane: their own, or where they say none this one. */
    public Terms orLane(Lane usual) {
        return lane == null ? withLane(usual) : this;
    }

    /** The lane of terms that have one. */
    Lane chosenLane() {
        return requireNonNull(lane, "lane is null");
    }
}
