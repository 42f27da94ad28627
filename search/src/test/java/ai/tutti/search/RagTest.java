package ai.tutti.search;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import ai.tutti.engine.EmbeddingModel;
import ai.tutti.engine.Engine;
import ai.tutti.engine.ModelOptions;
import ai.tutti.hub.Hub;
import ai.tutti.hub.ModelSpec;
import ai.tutti.search.VectorStore.Entry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The pipeline from question to answer, and that docs/rag.md shows code that runs. */
class RagTest {
    private static final String MODELS = """
            [{"id": "m", "object": "model", "created": 1, "type": "embedding", "context_length": 512}]""";

    @TempDir
    private Path temporary;

    /** A service whose vectors and scores know one word: what speaks of paying is near what speaks of paying. */
    private static LoopbackService service() throws IOException {
        return new LoopbackService()
                .on("models", request -> MODELS)
                .on("embeddings", request -> {
                    var data = new ArrayList<String>();
                    for (var text : request.get("input")) {
                        data.add("{\"object\": \"embedding\", \"index\": %d, \"embedding\": [%d, 1]}"
                                .formatted(data.size(), text.asString().contains("pays") ? 1 : -1));
                    }
                    return "{\"object\": \"list\", \"model\": \"m\", \"data\": [%s]}".formatted(String.join(", ", data));
                })
                .on("rerank", request -> {
                    var results = new ArrayList<String>();
                    for (var text : request.get("documents")) {
                        results.add("{\"index\": %d, \"relevance_score\": %s}"
                                .formatted(results.size(), text.asString().contains("pays") ? "0.75" : "0.25"));
                    }
                    return "{\"object\": \"rerank\", \"model\": \"m\", \"results\": [%s]}".formatted(String.join(", ", results));
                })
                .on("chat/completions", request -> LoopbackService.saying("The shop pays ", "[1]."));
    }

    @Test
    void theGuidesFourSteps() throws Exception {
        try (var service = service()) {
            var answer = RagExample.byServer(service.client(), "m", "chat", temporary);

            assertThat(answer.text()).isEqualTo("The shop pays [1].");
            assertThat(answer.retrieved()).extracting(hit -> hit.passage().documentId()).containsExactly("returns.md", "hours.md");
            assertThat(answer.sources()).extracting(Hit::score).containsExactly(0.75f, 0.25f);
            assertThat(service.requests().getLast().get("messages").get(1).get("content").asString())
                    .startsWith("<source number=\"1\" document=\"returns.md\">\nReturns within thirty days are free.")
                    .endsWith("Question: Who pays when I send it back?");
        }
    }

    @Test
    void eachStepIsHeardOfAndFiltersHold() throws Exception {
        try (var service = service()) {
            RagExample.byServer(service.client(), "m", "chat", temporary);
            var embedder = ServerEmbedder.connect(service.client(), "m");
            try (var store = LuceneStore.open(temporary, embedder.space())) {
                var rag = RagPipeline.builder(embedder, store).chat(new ServerChatModel(service.client(), "chat")).topN(1).build();
                RagExample.streamed(rag);
                var heard = new ArrayList<String>();
                rag.ask("Who pays?", Filter.atMost("year", 2024), new RagPipeline.Listener() {
                    @Override
                    public void retrieved(List<Hit> hits) {
                        heard.add("retrieved " + hits.size());
                    }

                    @Override
                    public void reranked(List<Hit> sources) {
                        heard.add("kept " + sources.getFirst().passage().documentId());
                    }

                    @Override
                    public void wrote(String piece) {
                        heard.add(piece);
                    }
                });
                assertThat(heard).containsExactly("retrieved 1", "kept hours.md", "The shop pays ", "[1].");
                assertThat(RagExample.filtered(store, new float[] {1, 1})).hasSize(1);
            }
        }
    }

    @Test
    void inThisProcessWithoutAServer() throws Exception {
        try (var engine = Engine.create(Engine.Settings.DEFAULT);
                var model = EmbeddingModel.load(
                        engine, Hub.resolve(ModelSpec.parse(Hub.BUNDLED)).folder(), ModelOptions.named(Hub.BUNDLED));
                var store = LuceneStore.open(temporary, new EngineEmbedder(model).space())) {
            var embedder = new EngineEmbedder(model);
            int passages = new Indexer(embedder, store).index(List.of(
                    new Document("returns", "Returns within thirty days are free. ".repeat(60) + "The shop pays the parcel."),
                    new Document("hours", "We are open from nine to six, and closed on Sundays.", Map.of("kind", "hours")),
                    new Document("nothing", " ")));
            assertThat(passages).isEqualTo(3);
            assertThat(embedder.truncatedTokens()).isZero();
            assertThat(store.list(Filter.document("returns"), 100)).allSatisfy(passage ->
                    assertThat(embedder.countTokens(passage.text())).isLessThanOrEqualTo(Splitter.DEFAULT_TOKENS));

            var rag = RagExample.inProcess(model, store);
            var found = rag.rerank("When can I come?", rag.retrieve("When can I come?", Filter.everything()));
            assertThat(found.getFirst().passage().documentId()).isEqualTo("hours");
            assertThatExceptionOfType(IllegalStateException.class)
                    .isThrownBy(() -> rag.ask("When can I come?"))
                    .withMessage("the pipeline has no chat model");

            new Indexer(embedder, store).index(List.of(new Document("returns", "Another text. ".repeat(99)), new Document("returns", "No returns.")));
            assertThat(store.count()).as("a document's passages take the place of those it had").isEqualTo(2);
        }
    }

    @Test
    void anotherModelsStoreIsRefused() throws Exception {
        try (var service = service();
                var store = LuceneStore.open(temporary, new VectorSpace("other", 2))) {
            store.upsert(List.of(new Entry(Passage.of("a", "a"), new float[] {1, 0})));
            var embedder = ServerEmbedder.connect(service.client(), "m");
            assertThatExceptionOfType(StoreException.class)
                    .isThrownBy(() -> RagPipeline.builder(embedder, store).build())
                    .withMessage("the store holds vectors of other with 2 dimensions, not of m with 2: take that model, or index anew");
        }
    }

    @Test
    void theCodeInTheDocumentationIsCodeThatRuns() throws IOException {
        var code = flat(Files.readString(Path.of("src/test/java/ai/tutti/search/RagExample.java")));
        var blocks = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL).matcher(Files.readString(Path.of("../docs/rag.md")));
        int count = 0;
        for (; blocks.find(); count++) {
            assertThat(code).contains(flat(blocks.group(1)));
        }
        assertThat(count).isGreaterThanOrEqualTo(3);
    }

    private static String flat(String code) {
        return code.replaceAll("\\s+", " ").strip();
    }
}
