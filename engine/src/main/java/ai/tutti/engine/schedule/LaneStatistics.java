package ai.tutti.engine.schedule;

import static java.util.Objects.requireNonNull;

/**
 * What a model has done in a lane since the engine was started; no number ever falls, and a model that is loaded again goes on.
 *
 * @param model its name
 * @param lane the lane in whose turn a tile was computed
 * @param texts texts that were computed
 * @param tokens tokens of those
 * @param tiles passes over tiles that gave results
 * @param tileRoom tokens that those tiles could have held; {@code tokens / tileRoom} is how well they were filled
 * @param queueNanos how long texts waited until a worker took them, over all of them
 * @param computeNanos how long workers computed, over all of them
 * @param givenUp texts whose caller left before they had a result
 * @param pastDeadline texts whose deadline passed before they had a result
 * @param shared texts that were not computed since an equal one was under way
 * @param cached texts that were not computed since their result was in the cache
 * @param refused requests that there was no room for
 */
public record LaneStatistics(
        String model,
        Lane lane,
        long texts,
        long tokens,
        long tiles,
        long tileRoom,
        long queueNanos,
        long computeNanos,
        long givenUp,
        long pastDeadline,
        long shared,
        long cached,
        long refused) {
    public LaneStatistics {
        requireNonNull(model, "model is null");
        requireNonNull(lane, "lane is null");
    }
}
