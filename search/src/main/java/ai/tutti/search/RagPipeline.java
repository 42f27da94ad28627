package ai.tutti.search;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Retrieval-augmented generation: a chat model answers from the passages of a store.
 *
 * <pre>{@code
 * RagPipeline rag = RagPipeline.builder(embedder, store).reranker(reranker).chat(chat).build();
 * Answer answer = rag.ask("Who pays for the return?");
 * }</pre>
 *
 * <p>May be used by any number of threads at once; closes nothing that it was given.
 */
public final class RagPipeline {
    private final Retriever retriever;
    private final @Nullable Reranker reranker;
    private final @Nullable ChatModel chat;
    private final int topK;
    private final int topN;

    private RagPipeline(Builder builder) {
        retriever = new Retriever(builder.embedder, builder.store, builder.retrieval);
        reranker = builder.reranker;
        chat = builder.chat;
        topK = builder.topK;
        topN = builder.topN;
    }

    /** Hears of each step of {@link #ask(String, Filter, Listener)} as soon as it is done. */
    public interface Listener {
        /** The search has found these, the best first. */
        default void retrieved(List<Hit> hits) {}

        /** These are the sources of the answer, the best first. */
        default void reranked(List<Hit> sources) {}

        /** The chat model has written a piece. */
        default void wrote(String piece) {}
    }

    /** Answers a question from all passages. */
    public Answer ask(String question) throws InterruptedException {
        return ask(question, Filter.everything(), new Listener() {});
    }

    /**
     * Answers a question: finds {@code topK} passages, keeps the {@code topN} that answer it best, and has the chat model write
     * from them.
     *
     * @param filter which passages may be found
     * @throws IllegalStateException when the pipeline has no chat model
     */
    public Answer ask(String question, Filter filter, Listener listener) throws InterruptedException {
        List<Hit> retrieved = retrieve(question, filter);
        listener.retrieved(retrieved);

        List<Hit> sources = rerank(question, retrieved);
        listener.reranked(sources);

        String text = answer(question, sources, listener::wrote);
        return new Answer(question, retrieved, sources, text);
    }

    /** The first two steps: embeds the question, and finds {@code topK} passages for it, the best first. */
    public List<Hit> retrieve(String question, Filter filter) throws InterruptedException {
        return retriever.retrieve(question, topK, filter);
    }

    /** The third step: the {@code topN} that answer it best, with the reranker's scores; without one the first of them. */
    public List<Hit> rerank(String question, List<Hit> hits) throws InterruptedException {
        if (reranker == null || hits.isEmpty()) {
            return hits.stream().limit(topN).toList();
        }
        var texts = hits.stream().map(hit -> hit.passage().text()).toList();
        float[] scores = reranker.scores(question, texts);
        var scored = new ArrayList<Hit>(hits.size());
        for (int i = 0; i < scores.length; i++) {
            scored.add(new Hit(hits.get(i).passage(), scores[i]));
        }
        return RankFusion.best(scored, topN);
    }

    /** The fourth step: an answer from numbered sources, piece by piece and whole. */
    public String answer(String question, List<Hit> sources, Consumer<String> pieces) throws InterruptedException {
        if (chat == null) {
            throw new IllegalStateException("the pipeline has no chat model");
        }
        return chat.answer(SourcedPrompt.messages(question, sources), pieces);
    }

    /** A pipeline with a search by meaning, 20 passages from the search and 5 for the answer, unless more is said. */
    public static Builder builder(Embedder embedder, VectorStore store) {
        return new Builder(embedder, store);
    }

    /** Builds a {@link RagPipeline}. */
    public static final class Builder {
        private final Embedder embedder;
        private final VectorStore store;
        private Retrieval retrieval = Retrieval.VECTOR;
        private @Nullable Reranker reranker;
        private @Nullable ChatModel chat;
        private int topK = 20;
        private int topN = 5;

        private Builder(Embedder embedder, VectorStore store) {
            this.embedder = requireNonNull(embedder, "embedder is null");
            this.store = requireNonNull(store, "store is null");
        }

        public Builder retrieval(Retrieval value) {
            retrieval = value;
            return this;
        }

        /** Null: the search's own order counts. */
        public Builder reranker(@Nullable Reranker model) {
            reranker = model;
            return this;
        }

        /** Null: it only retrieves and reranks. */
        public Builder chat(@Nullable ChatModel model) {
            chat = model;
            return this;
        }

        /** How many passages the search finds; 20 unless set. */
        public Builder topK(int passages) {
            topK = requirePositive("topK", passages);
            return this;
        }

        /** How many of them the answer is written from; 5 unless set. */
        public Builder topN(int passages) {
            topN = requirePositive("topN", passages);
            return this;
        }

        /**
         * The pipeline.
         *
         * @throws StoreException when the store holds another model's vectors
         */
        public RagPipeline build() {
            return new RagPipeline(this);
        }

        private static int requirePositive(String name, int value) {
            if (value < 1) {
                throw new IllegalArgumentException(name + " must be at least 1, not " + value);
            }
            return value;
        }
    }
}
