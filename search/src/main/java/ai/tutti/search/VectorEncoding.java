package ai.tutti.search;

/**
 * How many bits of each number a search walks the graph by. What it finds is scored again with the whole vectors, which are kept
 * on disk in any case: fewer bits take less memory and find a little less.
 */
public enum VectorEncoding {
    /** All 32. */
    FLOAT32(100, 2),
    /** Eight, with a scale for each vector. */
    INT8(100, 2),
    /** One, the query's with four. For models of many dimensions. */
    BIT1(200, 10);

    private final int leastCandidates;
    private final int candidatesPerHit;

    VectorEncoding(int leastCandidates, int candidatesPerHit) {
        this.leastCandidates = leastCandidates;
        this.candidatesPerHit = candidatesPerHit;
    }

    /** How many candidates the graph must give so that the best are among them. */
    int candidates(int top) {
        return (int) Math.min(Integer.MAX_VALUE, Math.max(leastCandidates, (long) candidatesPerHit * top));
    }
}
