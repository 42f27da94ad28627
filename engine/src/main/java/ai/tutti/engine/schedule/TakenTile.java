package ai.tutti.engine.schedule;

import static java.util.Objects.requireNonNull;

import java.util.List;

/**
 * Texts that a worker has taken, of one model and lane.
 *
 * @param sequences at least one
 * @param lane in whose turn
 * @param room tokens that there could have been
 * @param counter of that model and lane
 */
record TakenTile(List<Sequence> sequences, Lane lane, int room, Counters.Counter counter) {
    TakenTile {
        sequences = List.copyOf(sequences);
        requireNonNull(lane, "lane is null");
        requireNonNull(counter, "counter is null");
    }

    int tokens() {
        return sequences.stream().mapToInt(Sequence::tokens).sum();
    }

    /** Whether interactive work may be done before it goes on: nobody in that lane waits for any of its texts. */
    boolean yields() {
        if (lane == Lane.INTERACTIVE) {
            return false;
        }
        for (var sequence : sequences) {
            if (sequence.urgent()) {
                return false;
            }
        }
        return true;
    }
}
