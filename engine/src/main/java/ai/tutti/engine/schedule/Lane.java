package ai.tutti.engine.schedule;

/** Which way a request takes through the queue. Each has room of its own. */
public enum Lane {
    /** Somebody waits for it: it goes before bulk work. */
    INTERACTIVE,
    /** A lot of work, of which the end counts. */
    BULK;

    /** Tokens of a request that is answered in the time of a tile or two. */
    private static final long FEW_TOKENS = 1024;

    /** Tokens of the documents among which somebody's answer is looked for. */
    private static final long FEW_TO_RERANK = 16_384;

    /** Where texts to embed belong of which nobody says it. */
    public static Lane ofTexts(long tokens) {
        return tokens <= FEW_TOKENS ? INTERACTIVE : BULK;
    }

    /** Where documents to rank belong of which nobody says it. */
    public static Lane ofDocuments(long tokens) {
        return tokens <= FEW_TO_RERANK ? INTERACTIVE : BULK;
    }
}
