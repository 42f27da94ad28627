package ai.tutti.search;

import static java.util.Objects.requireNonNull;

import ai.tutti.search.VectorStore.Entry;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;

/** Brings documents into a store: splits them, embeds the passages, and stores them in place of what the documents had. */
public final class Indexer {
    private final Splitter splitter;
    private final Embedder embedder;
    private final VectorStore store;

    /**
     * Makes an indexer.
     *
     * @throws StoreException when the store holds another model's vectors
     */
    public Indexer(Splitter splitter, Embedder embedder, VectorStore store) {
        this.splitter = requireNonNull(splitter, "splitter is null");
        this.embedder = requireNonNull(embedder, "embedder is null");
        this.store = requireNonNull(store, "store is null");
        embedder.space().requireSame("the store", store.space());
    }

    /** Splits as {@link Splitter#of} does. */
    public Indexer(Embedder embedder, VectorStore store) {
        this(Splitter.of(embedder), embedder, store);
    }

    /**
     * Indexes documents in one step: when it returns they are on disk and found, and when it throws nothing has changed. Holds
     * all their vectors in memory meanwhile. Many small documents at a time go faster than one by one. Of two with one id the
     * later counts.
     *
     * @return how many passages they have
     */
    public int index(List<Document> documents) throws InterruptedException {
        var byId = new LinkedHashMap<String, Document>();
        documents.forEach(document -> byId.put(document.id(), document));
        var passages = byId.values().stream()
                .flatMap(document -> splitter.split(document).stream())
                .toList();
        var vectors = embedder.embed(passages.stream().map(Passage::text).toList(), InputKind.DOCUMENT);
        var entries = new ArrayList<Entry>(passages.size());
        for (int i = 0; i < vectors.length; i++) {
            entries.add(new Entry(passages.get(i), vectors[i]));
        }
        store.replace(Filter.documents(byId.keySet()), entries);
        return entries.size();
    }
}
