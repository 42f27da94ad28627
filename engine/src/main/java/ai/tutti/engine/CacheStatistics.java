package ai.tutti.engine;

/**
 * What the cache of results has done since the engine was created, and what it holds now.
 *
 * @param hits texts whose result was in it
 * @param misses texts whose result was not
 * @param entries results that it holds
 * @param bytes of memory that those take
 * @param limit bytes that they may take; 0: there is no cache
 */
public record CacheStatistics(long hits, long misses, long entries, long bytes, long limit) {}
