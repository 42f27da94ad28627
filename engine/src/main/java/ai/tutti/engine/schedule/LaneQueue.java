package ai.tutti.engine.schedule;

import java.util.LinkedHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What waits in a lane: models take turns tile by tile, and within a model callers do ({@link Turns}). */
final class LaneQueue {
    private final LinkedHashMap<TileRunner, Turns> models = new LinkedHashMap<>();

    boolean isEmpty() {
        return models.isEmpty();
    }

    void add(Ticket ticket) {
        models.computeIfAbsent(ticket.reservation().model(), _ -> new Turns()).add(ticket);
    }

    void remove(Ticket ticket) {
        var model = ticket.reservation().model();
        var turns = models.get(model);
        if (turns != null) {
            turns.remove(ticket);
            if (turns.isEmpty()) {
                models.remove(model);
            }
        }
    }

    /** As {@link Turns#fill}, for the model whose turn it is; returns that, or null when nothing waits. */
    @Nullable TileRunner fill(int tokens, Consumer<Sequence> take) {
        var next = models.firstEntry();
        if (next == null) {
            return null;
        }
        next.getValue().fill(Math.min(tokens, next.getKey().tileTokens()), take);
        models.remove(next.getKey());
        if (!next.getValue().isEmpty()) {
            models.put(next.getKey(), next.getValue()); // to the end
        }
        return next.getKey();
    }
}
