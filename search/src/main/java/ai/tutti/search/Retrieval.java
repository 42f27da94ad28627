package ai.tutti.search;

/** How passages are looked for. */
public enum Retrieval {
    /** By meaning: the nearest vectors. */
    VECTOR,
    /** By words. */
    TEXT,
    /** Both, put together by {@link RankFusion}. */
    HYBRID
}
