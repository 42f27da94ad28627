package ai.tutti.search;

import static java.util.Objects.requireNonNull;

import java.util.List;

/** Finds passages for a question in a store: by meaning, by words, or by both. */
public final class Retriever {
    /** How deep each of two rankings is read at least before they are fused: what both have further down comes up. */
    private static final int LEAST_DEPTH = 100;

    private final Embedder embedder;
    private final VectorStore store;
    private final Retrieval retrieval;

    /**
     * Makes a retriever.
     *
     * @throws StoreException when the store holds another model's vectors
     */
    public Retriever(Embedder embedder, VectorStore store, Retrieval retrieval) {
        this.embedder = requireNonNull(embedder, "embedder is null");
        this.store = requireNonNull(store, "store is null");
        this.retrieval = requireNonNull(retrieval, "retrieval is null");
        embedder.space().requireSame("the store", store.space());
    }

    /** The passages that fit best, the best first, at most so many. */
    public List<Hit> retrieve(String question, int top, Filter filter) throws InterruptedException {
        int depth = Math.max(top, LEAST_DEPTH);
        return switch (retrieval) {
            case VECTOR -> byVector(question, top, filter);
            case TEXT -> store.searchText(question, top, filter);
            case HYBRID -> RankFusion.fuse(
                    List.of(byVector(question, depth, filter), store.searchText(question, depth, filter)), top);
        };
    }

    private List<Hit> byVector(String question, int top, Filter filter) throws InterruptedException {
        return store.search(embedder.embed(List.of(question), InputKind.QUERY)[0], top, filter);
    }
}
