package ai.tutti.search;

import ai.tutti.client.Tutti;
import ai.tutti.engine.CosineReranker;
import ai.tutti.engine.EmbeddingModel;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** The code of docs/rag.md, to be compiled and run. */
final class RagExample {
    private RagExample() {}

    static Answer byServer(Tutti client, String model, String chatModel, Path folder) throws InterruptedException {
        Embedder embedder = ServerEmbedder.connect(client, model);
        try (VectorStore store = LuceneStore.open(folder, embedder.space())) {
            new Indexer(embedder, store).index(List.of(
                    new Document("returns.md", "Returns within thirty days are free. The shop pays the parcel.", Map.of("year", 2026)),
                    new Document("hours.md", "The shop is open from nine to six, and closed on Sundays.", Map.of("year", 2024))));

            RagPipeline rag = RagPipeline.builder(embedder, store)
                    .reranker(new ServerReranker(client, model))
                    .chat(new ServerChatModel(client, chatModel))
                    .build();

            Answer answer = rag.ask("Who pays when I send it back?");
            System.out.println(answer.text());
            for (Hit source : answer.sources()) {
                System.out.printf("%.2f %s%n", source.score(), source.passage().documentId());
            }
            return answer;
        }
    }

    static RagPipeline inProcess(EmbeddingModel model, VectorStore store) {
        RagPipeline rag = RagPipeline.builder(new EngineEmbedder(model), store)
                .retrieval(Retrieval.HYBRID)
                .reranker(new EngineReranker(new CosineReranker(model)))
                .build();
        return rag;
    }

    static void streamed(RagPipeline rag) throws InterruptedException {
        rag.ask("Who pays?", Filter.atLeast("year", 2025), new RagPipeline.Listener() {
            @Override
            public void reranked(List<Hit> sources) {
                sources.forEach(source -> System.out.println(source.passage().text()));
            }

            @Override
            public void wrote(String piece) {
                System.out.print(piece);
            }
        });
    }

    static List<Hit> filtered(VectorStore store, float[] vector) {
        Filter recent = Filter.all(Filter.atLeast("year", 2025), Filter.not(Filter.equal("state", "draft")));
        List<Hit> byMeaning = store.search(vector, 20, recent);
        List<Hit> byWords = store.searchText("thirty days", 20, recent);
        return RankFusion.fuse(List.of(byMeaning, byWords), 20);
    }
}
