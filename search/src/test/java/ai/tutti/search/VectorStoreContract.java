package ai.tutti.search;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import ai.tutti.search.VectorStore.Entry;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What every {@link VectorStore} promises. */
public abstract class VectorStoreContract {
    protected static final VectorSpace SPACE = new VectorSpace("me/tiny", 3);

    /** Opens the one store of the running test. */
    protected abstract VectorStore open(VectorSpace space);

    private static Entry entry(String id, String text, Map<String, Object> metadata, float... vector) {
        var document = id.contains("#") ? id.substring(0, id.indexOf('#')) : id;
        return new Entry(new Passage(id, document, 0, text.length(), text, metadata), vector);
    }

    private static Entry entry(String id, float... vector) {
        return entry(id, "text of " + id, Map.of(), vector);
    }

    private static List<String> ids(List<Hit> hits) {
        return hits.stream().map(hit -> hit.passage().id()).toList();
    }

    @Test
    void findsTheNearestByCosineWhateverTheLength() {
        try (var store = open(SPACE)) {
            store.upsert(List.of(entry("a", 1, 0, 0), entry("b", 10, 10, 0), entry("c", 0, 0, 0.001f), entry("d", -2, 0, 0)));

            var hits = store.search(new float[] {3, 0, 0}, 10);

            assertThat(ids(hits)).containsExactly("a", "b", "c", "d");
            assertThat(hits).extracting(Hit::score).usingElementComparator((x, y) -> Math.abs(x - y) < 1e-5 ? 0 : 1)
                    .containsExactly(1f, (float) Math.sqrt(0.5), 0f, -1f);
            assertThat(ids(store.search(new float[] {0, 0, 5}, 1))).containsExactly("c");
            assertThat(store.space()).isEqualTo(SPACE);
        }
    }

    @Test
    void keepsAPassageAsItIs() {
        var passage = new Passage("dir/ü #1", "dir/ü", 7, 29, "Zwölf Boxkämpfer\n\uD83E\uDD4A 拳 'x' \\ \"y\"", Map.of(
                "title", "It's \"so\"", "year", 1969, "price", -0.5, "free", true, "large", 1L << 53));
        try (var store = open(SPACE)) {
            store.upsert(List.of(new Entry(passage, new float[] {1, 2, 3})));

            assertThat(store.find("dir/ü #1")).isEqualTo(passage);
            assertThat(store.find("dir")).isNull();
            assertThat(store.search(new float[] {1, 2, 3}, 1).getFirst().passage()).isEqualTo(passage);
            assertThat(store.searchText("boxkämpfer", 1).getFirst().passage()).isEqualTo(passage);
            assertThat(store.list(Filter.everything(), 5)).containsExactly(passage);
        }
    }

    @Test
    void anIdIsStoredOnce() {
        try (var store = open(SPACE)) {
            store.upsert(List.of(entry("a", 1, 0, 0), entry("b", 0, 1, 0), entry("a", 0, 0, 1)));
            assertThat(store.count()).isEqualTo(2);
            assertThat(ids(store.search(new float[] {0, 0, 1}, 1))).containsExactly("a");

            store.upsert(List.of(entry("a", "something else", Map.of("k", 1), 0, 1, 1)));
            assertThat(store.count()).isEqualTo(2);
            assertThat(store.find("a")).extracting("text").isEqualTo("something else");
            assertThat(store.searchText("something", 9)).hasSize(1);
            assertThat(store.search(new float[] {0, 1, 1}, 9).getFirst().score()).isCloseTo(1, within(1e-6f));
        }
    }

    @Test
    void deletesByIdByFilterAndByDocument() {
        try (var store = open(SPACE)) {
            store.upsert(List.of(entry("d#0", 1, 0, 0), entry("d#1", 0, 1, 0), entry("e#0", 0, 0, 1), entry("f#0", "f", Map.of("k", "v"), 1, 1, 0)));

            store.delete(List.of("d#0", "nobody"));
            assertThat(store.documents()).containsExactly("d", "e", "f");
            store.delete(Filter.equal("k", "v"));
            assertThat(store.documents()).containsExactly("d", "e");
            store.replace(Filter.document("d"), List.of(entry("d#7", 1, 0, 0)));
            assertThat(store.list(Filter.everything(), 10)).extracting(Passage::id).containsExactly("d#7", "e#0");
            assertThat(ids(store.search(new float[] {1, 1, 1}, 10))).containsExactly("d#7", "e#0");
            store.replace(Filter.everything(), List.of(entry("z", 1, 0, 0)));
            assertThat(store.documents()).containsExactly("z");
            store.delete(Filter.everything());
            assertThat(store.count()).isZero();
            assertThat(store.documents()).isEmpty();
        }
    }

    @Test
    void whatIsWrittenIsThereWhenItIsOpenedAgain() {
        try (var store = open(SPACE)) {
            store.upsert(List.of(entry("a", 1, 0, 0), entry("b", 0, 1, 0)));
            store.delete(List.of("a"));
        }
        var store = open(SPACE);
        assertThat(store.list(Filter.everything(), 10)).extracting(Passage::id).containsExactly("b");
        store.close();
        store.close();
        assertThatExceptionOfType(StoreException.class).isThrownBy(store::count).withMessageContaining("is closed");
    }

    @Test
    void filtersByMetadataAndDocuments() {
        try (var store = open(SPACE)) {
            store.upsert(List.of(
                    entry("a#0", "a", Map.of("lang", "en", "year", 1999, "open", true), 1, 0, 0),
                    entry("b#0", "b", Map.of("lang", "de", "year", 2005.5, "open", false), 1, 0, 0),
                    entry("c#0", "c", Map.of("lang", "it's", "year", 2010), 1, 0, 0),
                    entry("d#0", "d", Map.of("lang", 1999, "zero", -0.0), 1, 0, 0),
                    entry("e#0", "e", Map.of(), 1, 0, 0)));

            assertFound(store, Filter.everything(), "a#0", "b#0", "c#0", "d#0", "e#0");
            assertFound(store, Filter.nothing());
            assertFound(store, Filter.equal("lang", "en"), "a#0");
            assertFound(store, Filter.equal("lang", "it's"), "c#0");
            assertFound(store, Filter.equal("lang", "1999"));
            assertFound(store, Filter.equal("lang", 1999.0), "d#0");
            assertFound(store, Filter.equal("zero", 0), "d#0");
            assertFound(store, Filter.equal("open", false), "b#0");
            assertFound(store, Filter.equal("open", "false"));
            assertFound(store, Filter.anyOf("lang", "en", "de", 1999, true), "a#0", "b#0", "d#0");
            assertFound(store, Filter.anyOf("lang"));
            assertFound(store, new Filter.Range("year", 1999.0, 2005.5), "a#0", "b#0");
            assertFound(store, Filter.atLeast("year", 2005.6), "c#0");
            assertFound(store, Filter.atMost("year", 1999), "a#0");
            assertFound(store, new Filter.Range("year", null, null), "a#0", "b#0", "c#0");
            assertFound(store, Filter.atLeast("lang", 0), "d#0");
            assertFound(store, Filter.exists("open"), "a#0", "b#0");
            assertFound(store, Filter.not(Filter.exists("open")), "c#0", "d#0", "e#0");
            assertFound(store, Filter.not(Filter.equal("lang", "en")), "b#0", "c#0", "d#0", "e#0");
            assertFound(store, Filter.all(Filter.exists("year"), Filter.not(Filter.atMost("year", 2000))), "b#0", "c#0");
            assertFound(store, Filter.any(Filter.equal("lang", "en"), Filter.atLeast("year", 2010)), "a#0", "c#0");
            assertFound(store, Filter.document("c"), "c#0");
            assertFound(store, Filter.documents(List.of("e", "a", "nobody")), "a#0", "e#0");
            assertFound(store, Filter.passages(List.of("b#0")), "b#0");
            assertFound(store, Filter.equal("la' or 1=1 --", "en"));
            assertFound(store, Filter.equal("lang", "' or 1=1 --"));
        }
    }

    private static void assertFound(VectorStore store, Filter filter, String... ids) {
        assertThat(ids(store.search(new float[] {1, 0, 0}, 10, filter))).as("%s", filter).containsExactly(ids);
        assertThat(store.list(filter, 10)).as("%s", filter).extracting(Passage::id).containsExactly(ids);
    }

    @Test
    void findsByWordsTheRarerTheBetterAndKnowsNoSyntax() {
        try (var store = open(SPACE)) {
            store.upsert(List.of(
                    entry("a", "The return of the king. The king is back.", Map.of("k", 1), 1, 0, 0),
                    entry("b", "The queen and the court and the return", Map.of("k", 2), 1, 0, 0),
                    entry("c", "Nothing of that kind at all", Map.of("k", 3), 1, 0, 0)));

            assertThat(ids(store.searchText("King return", 10))).containsExactly("a", "b");
            assertThat(ids(store.searchText("QUEEN", 10))).containsExactly("b");
            assertThat(ids(store.searchText("king return", 10, Filter.atLeast("k", 2)))).containsExactly("b");
            assertThat(ids(store.searchText("king return", 1))).containsExactly("a");
            assertThat(store.searchText("", 10)).isEmpty();
            assertThat(store.searchText("!!! ??? \uD83E\uDD4A", 10)).isEmpty();
            for (var query : List.of("king AND NOT (", "a:b \"king", "king & | ! :* <->", "'king'; drop table x", "king\0\\", "-king +king ~")) {
                assertThat(ids(store.searchText(query, 10))).as(query).contains("a");
            }
            assertThat(store.searchText("absent " + "word ".repeat(20_000) + IntStream.range(0, 3_000).mapToObj(i -> "w" + i + " ").toList(), 10)).isEmpty();
        }
    }

    @Test
    void refusesWhatDoesNotBelongHereAndChangesNothing() {
        try (var store = open(SPACE)) {
            store.upsert(List.of(entry("a", 1, 0, 0)));

            assertThatIllegalArgumentException()
                    .isThrownBy(() -> store.replace(Filter.everything(), List.of(entry("b", 1, 0, 0), entry("c", 1, 0))))
                    .withMessage("a vector of me/tiny has 3 dimensions, not 2");
            assertThatIllegalArgumentException().isThrownBy(() -> store.upsert(List.of(entry("b", 0, 0, 0))));
            assertThatIllegalArgumentException().isThrownBy(() -> store.upsert(List.of(entry("b", Float.NaN, 0, 0))));
            assertThatIllegalArgumentException().isThrownBy(() -> store.search(new float[] {1}, 1));
            assertThatIllegalArgumentException().isThrownBy(() -> store.search(new float[] {1, 0, 0}, 0));
            assertThatIllegalArgumentException().isThrownBy(() -> store.searchText("a", 0));
            assertThat(store.list(Filter.everything(), 10)).extracting(Passage::id).containsExactly("a");
            assertThat(store.list(Filter.everything(), 0)).isEmpty();
            store.upsert(List.of());
            assertThat(store.count()).isEqualTo(1);
        }
    }

    @Test
    void refusesAnotherModelsVectorsInOneLine() {
        open(SPACE).close();

        for (var other : List.of(new VectorSpace("me/other", 3), new VectorSpace("me/tiny", 4))) {
            assertThatExceptionOfType(StoreException.class)
                    .isThrownBy(() -> open(other).close())
                    .withMessageMatching(".* holds vectors of me/tiny with 3 dimensions, not of %s with %d: take that model, or index anew"
                            .formatted(other.model(), other.dimensions()));
        }
        open(SPACE).close();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 384, 768, 1_024, 1_536, 2_000, 2_001, 4_000, 4_001, 4_096})
    void takesVectorsOfEveryLength(int dimensions) {
        var random = new Random(dimensions);
        var entries = IntStream.range(0, 30).mapToObj(i -> entry("p" + i, random(random, dimensions))).toList();
        try (var store = open(new VectorSpace("me/long", dimensions))) {
            store.upsert(entries);

            for (var entry : entries.subList(0, dimensions == 1 ? 0 : 5)) {
                var best = store.search(entry.vector(), 3).getFirst();
                assertThat(best.passage().id()).isEqualTo(entry.passage().id());
                assertThat(best.score()).isCloseTo(1, within(1e-3f));
            }
        }
    }

    @Test
    void writersAndReadersAtOnceSeeWholeBatches() throws Exception {
        try (var store = open(SPACE);
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> all = new ArrayList<>();
            for (int writer = 0; writer < 4; writer++) {
                var document = "d" + writer;
                all.add(threads.submit(() -> {
                    for (int round = 0; round < 5; round++) {
                        var batch = new ArrayList<Entry>();
                        for (int i = 0; i < 10; i++) {
                            batch.add(entry(document + "#" + round + "." + i, 1, i, round));
                        }
                        store.replace(Filter.document(document), batch);
                    }
                }));
            }
            for (int reader = 0; reader < 4; reader++) {
                var document = "d" + reader;
                all.add(threads.submit(() -> {
                    for (int round = 0; round < 20; round++) {
                        assertThat(store.list(Filter.document(document), 100).size()).isIn(0, 10);
                        store.search(new float[] {1, 1, 1}, 5);
                    }
                }));
            }
            for (var one : all) {
                one.get();
            }
            assertThat(store.count()).isEqualTo(40);
        }
    }

    @Test
    void anInterruptLosesNothing() {
        try (var store = open(SPACE)) {
            for (int i = 0; i < 5; i++) {
                Thread.currentThread().interrupt();
                store.upsert(List.of(entry("p" + i, 1, i, 0)));
                assertThat(store.search(new float[] {1, i, 0}, 1).getFirst().passage().id()).isEqualTo("p" + i);
                assertThat(Thread.interrupted()).isTrue();
            }
            assertThat(store.count()).isEqualTo(5);
        }
    }

    protected static float[] random(Random random, int dimensions) {
        var vector = new float[dimensions];
        for (int i = 0; i < dimensions; i++) {
            vector[i] = (float) random.nextGaussian();
        }
        return vector;
    }

    /** How many of the first ten a search by {@code store} shares with comparing all one by one. */
    protected static double recall(VectorStore store, List<Entry> entries, List<float[]> queries) {
        int shared = 0;
        for (var query : queries) {
            float[] unit = store.space().unit(query);
            var exact = entries.stream()
                    .map(entry -> Map.entry(entry.passage().id(), dot(unit, store.space().unit(entry.vector()))))
                    .sorted((a, b) -> Double.compare(b.getValue(), a.getValue()))
                    .limit(10)
                    .map(Map.Entry::getKey)
                    .toList();
            shared += (int) ids(store.search(query, 10)).stream().filter(exact::contains).count();
        }
        return shared / (10.0 * queries.size());
    }

    private static double dot(float[] a, float[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += (double) a[i] * b[i];
        }
        return sum;
    }

    /** Vectors around centres, as those of texts are. */
    protected static List<Entry> clustered(int count, int dimensions, long seed) {
        var random = new Random(seed);
        var centres = IntStream.range(0, 40).mapToObj(i -> random(random, dimensions)).toList();
        return IntStream.range(0, count)
                .mapToObj(i -> {
                    float[] vector = random(random, dimensions);
                    float[] centre = centres.get(random.nextInt(centres.size()));
                    for (int d = 0; d < dimensions; d++) {
                        vector[d] = centre[d] + 0.7f * vector[d];
                    }
                    return entry("p" + i, vector);
                })
                .toList();
    }

    /** Vectors beside some of these. */
    protected static List<float[]> beside(List<Entry> entries, int count, long seed) {
        var random = new Random(seed);
        return IntStream.range(0, count)
                .mapToObj(i -> {
                    float[] near = entries.get(random.nextInt(entries.size())).vector();
                    float[] query = Arrays.copyOf(near, near.length);
                    for (int d = 0; d < query.length; d++) {
                        query[d] += (float) (0.3 * random.nextGaussian());
                    }
                    return query;
                })
                .toList();
    }
}
