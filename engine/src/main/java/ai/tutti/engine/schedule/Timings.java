package ai.tutti.engine.schedule;

import java.time.Duration;

/**
 * Where a request's time went, until now.
 *
 * @param queued how long texts of it were waiting and none of them was computed
 * @param computing how long at least one of its texts was computed; together they are the time for which its reader could have
 *     waited for a worker
 * @param cachedTexts how many of its texts' results came from the cache
 * @param sharedTexts how many of its texts were computed, or being computed, for an equal text already
 */
public record Timings(Duration queued, Duration computing, long cachedTexts, long sharedTexts) {}
