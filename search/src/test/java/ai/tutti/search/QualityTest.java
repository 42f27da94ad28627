package ai.tutti.search;

import static org.assertj.core.api.Assertions.assertThat;

import ai.tutti.engine.CosineReranker;
import ai.tutti.engine.EmbeddingModel;
import ai.tutti.engine.Engine;
import ai.tutti.engine.ModelOptions;
import ai.tutti.hub.Hub;
import ai.tutti.hub.ModelSpec;
import ai.tutti.search.VectorStore.Entry;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What is found among 6,000 passages with the vectors of a real model. */
@SuppressWarnings("NullAway.Init")
class QualityTest {
    /**
     * Questions, and the one passage that answers each: half of them in other words, which a search by words cannot find, half of
     * them for a number or a rare name, which vectors blur.
     */
    private static final Map<String, String> LABELLED = Map.ofEntries(
            Map.entry("crying with laughter", "face with tears of joy"),
            Map.entry("something to eat from Italy with cheese", "slice of pizza"),
            Map.entry("car coming towards me", "oncoming automobile"),
            Map.entry("money of the European Union", "euro sign"),
            Map.entry("money of Japan", "yen sign"),
            Map.entry("fabulous horse with a horn", "unicorn face"),
            Map.entry("keep out, danger of radiation", "radioactive sign"),
            Map.entry("help for people in wheelchairs", "wheelchair symbol"),
            Map.entry("someone who is fast asleep", "sleeping face"),
            Map.entry("plane taking off", "airplane departure"),
            Map.entry("where a dog has walked", "paw prints"),
            Map.entry("shoe for ladies", "high-heeled shoe"),
            Map.entry("set with no elements", "empty set"),
            Map.entry("storm with flashes in the sky", "thunder cloud and rain"),
            Map.entry("boat of pirates in the wind", "sailboat"),
            // for a number or a rare name
            Map.entry("braille dots 1346", "braille pattern dots-1346"),
            Map.entry("braille dots 12578", "braille pattern dots-12578"),
            Map.entry("how is 2367 written in braille", "braille pattern dots-2367"),
            Map.entry("braille 456", "braille pattern dots-456"),
            Map.entry("horizontal domino with 03 and 05", "domino tile horizontal-03-05"),
            Map.entry("vertical domino 06 02", "domino tile vertical-06-02"),
            Map.entry("letter ezh with caron", "latin small letter ezh with caron"),
            Map.entry("what does the letter yogh look like", "latin small letter yogh"),
            Map.entry("domino vertical, 05 03", "domino tile vertical-05-03"),
            Map.entry("horizontal domino 04 01", "domino tile horizontal-04-01"),
            Map.entry("vertical domino of 01 and 04", "domino tile vertical-01-04"),
            Map.entry("greek digamma, small", "greek small letter digamma"),
            Map.entry("cyrillic ksi, capital", "cyrillic capital letter ksi"),
            Map.entry("box drawings heavy left and light right", "box drawings heavy left and light right"),
            Map.entry("apl quad colon", "apl functional symbol quad colon"),
            Map.entry("ocr belt buckle", "ocr belt buckle"),
            Map.entry("sesquiquadrate", "sesquiquadrate"));

    @TempDir
    private static Path temporary;

    private static Engine engine;
    private static EmbeddingModel model;
    private static Embedder embedder;
    private static List<Entry> entries;
    private static VectorStore store;

    @BeforeAll
    static void index() throws InterruptedException {
        engine = Engine.create(Engine.Settings.DEFAULT);
        model = EmbeddingModel.load(
                engine, Hub.resolve(ModelSpec.parse(Hub.BUNDLED)).folder(), ModelOptions.named(Hub.BUNDLED));
        embedder = new EngineEmbedder(model);
        var splitter = Splitter.of(embedder);
        var passages = CharacterNames.documents().stream()
                .flatMap(document -> splitter.split(document).stream())
                .toList();
        var vectors = embedder.embed(passages.stream().map(Passage::text).toList(), InputKind.DOCUMENT);
        entries = IntStream.range(0, vectors.length)
                .mapToObj(i -> new Entry(passages.get(i), vectors[i]))
                .toList();
        assertThat(entries).hasSizeGreaterThan(6_000);
        store = LuceneStore.open(temporary.resolve("exact"), embedder.space());
        store.upsert(entries);
    }

    @AfterAll
    static void close() {
        store.close();
        model.close();
        engine.close();
    }

    @ParameterizedTest
    @EnumSource
    void theGraphsFindWhatComparingAllFinds(VectorEncoding encoding) throws InterruptedException {
        var queries = new ArrayList<>(LABELLED.keySet());
        for (int i = 0; i < entries.size(); i += 100) {
            queries.add("sign of " + entries.get(i).passage().text());
        }
        var vectors = embedder.embed(queries, InputKind.QUERY);
        int shared = 0;
        try (var graphs = LuceneStore.open(temporary.resolve(encoding.name()), embedder.space(), encoding, 0)) {
            for (int from = 0; from < entries.size(); from += 2_000) {
                graphs.upsert(entries.subList(from, Math.min(entries.size(), from + 2_000)));
            }
            for (float[] vector : vectors) {
                var exact = ids(store.search(vector, 10));
                shared += (int) ids(graphs.search(vector, 10)).stream().filter(exact::contains).count();
            }
        }
        assertThat(shared / (10.0 * vectors.length)).as("recall@10").isGreaterThanOrEqualTo(0.98);
    }

    @Test
    void meaningAndWordsTogetherFindMoreThanEachAlone() throws InterruptedException {
        double byVector = foundAmongTwenty(Retrieval.VECTOR);
        double byText = foundAmongTwenty(Retrieval.TEXT);
        double byBoth = foundAmongTwenty(Retrieval.HYBRID);

        assertThat(byBoth).isGreaterThan(byVector).isGreaterThan(byText).isGreaterThanOrEqualTo(0.9);
    }

    @Test
    void aRerankerPutsWhatAnswersAmongTheFirstFive() throws InterruptedException {
        var cosine = new EngineReranker(new CosineReranker(model));
        double asFused = found(RagPipeline.builder(embedder, store).retrieval(Retrieval.HYBRID).build());
        double reranked = found(RagPipeline.builder(embedder, store).retrieval(Retrieval.HYBRID).reranker(cosine).build());

        assertThat(reranked).isGreaterThan(asFused).isGreaterThanOrEqualTo(0.75);
    }

    private static double foundAmongTwenty(Retrieval retrieval) throws InterruptedException {
        return found(RagPipeline.builder(embedder, store).retrieval(retrieval).topN(20).build());
    }

    /** The share of the questions whose passage is among those that an answer would be written from. */
    private static double found(RagPipeline pipeline) throws InterruptedException {
        int found = 0;
        for (var question : LABELLED.entrySet()) {
            var sources = pipeline.rerank(question.getKey(), pipeline.retrieve(question.getKey(), Filter.everything()));
            found += sources.stream().anyMatch(hit -> hit.passage().text().equals(question.getValue())) ? 1 : 0;
        }
        return (double) found / LABELLED.size();
    }

    private static List<String> ids(List<Hit> hits) {
        return hits.stream().map(hit -> hit.passage().id()).toList();
    }
}
