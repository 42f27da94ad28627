package ai.tutti.engine;

import static java.util.Objects.requireNonNull;

import ai.tutti.engine.schedule.LaneStatistics;
import java.util.List;

/**
 * What an engine has done since it was created.
 *
 * @param lanes one for each model and lane that had work, in no order
 * @param cache the cache of results
 */
public record Statistics(List<LaneStatistics> lanes, CacheStatistics cache) {
    public Statistics {
        lanes = List.copyOf(lanes);
        requireNonNull(cache, "cache is null");
    }
}
