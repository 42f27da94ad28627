package ai.tutti.search;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import ai.tutti.search.VectorStore.Entry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.lucene.analysis.standard.StandardAnalyzer;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.store.FSDirectory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class LuceneStoreTest extends VectorStoreContract {
    private static final List<Entry> ONE = List.of(new Entry(Passage.of("a", "a text"), new float[] {1, 0, 0}));

    @TempDir
    private Path temporary;

    private Path folder() {
        return temporary.resolve("not/yet/there");
    }

    @Override
    protected VectorStore open(VectorSpace space) {
        return LuceneStore.open(folder(), space);
    }

    @ParameterizedTest
    @EnumSource
    void theGraphsFindWhatComparingAllFinds(VectorEncoding encoding) {
        var entries = clustered(3_000, 128, 1);
        var space = new VectorSpace("me/clustered", 128);
        try (var store = LuceneStore.open(folder(), space, encoding, 0)) {
            for (int from = 0; from < entries.size(); from += 500) {
                store.upsert(entries.subList(from, from + 500));
            }
            assertThat(recall(store, entries, beside(entries, 100, 2))).isGreaterThanOrEqualTo(0.98);
        }
        try (var store = LuceneStore.open(folder(), space)) {
            assertThat(store.encoding()).isEqualTo(encoding);
            assertThat(recall(store, entries, beside(entries, 20, 3))).as("one by one").isEqualTo(1);
        }
    }

    @Test
    void theGraphsObeyFiltersAndDeletes() {
        var entries = clustered(3_000, 32, 4);
        try (var store = LuceneStore.open(folder(), new VectorSpace("me/clustered", 32), null, 0)) {
            store.upsert(entries);
            store.delete(List.of("p7"));
            var query = entries.get(7).vector();
            assertThat(store.search(query, 20)).hasSize(20).noneMatch(hit -> hit.passage().id().equals("p7"));
            var few = List.of("p7", "p8", "p9", "p10");
            assertThat(store.search(query, 20, Filter.passages(few))).hasSize(3);
        }
    }

    @Test
    void keepsItsEncoding() {
        LuceneStore.open(folder(), SPACE, VectorEncoding.INT8).close();

        assertThatExceptionOfType(StoreException.class)
                .isThrownBy(() -> LuceneStore.open(folder(), SPACE, VectorEncoding.BIT1))
                .withMessage(folder() + " keeps vectors as INT8, not as BIT1: take that, or index anew");
    }

    @Test
    void aReaderFollowsAWriterInAnotherProcess() {
        try (var writer = open(SPACE);
                var reader = LuceneStore.openReadOnly(folder())) {
            assertThat(reader.count()).isZero();
            writer.upsert(ONE);
            assertThat(reader.find("a")).isNotNull();
            assertThat(reader.space()).isEqualTo(SPACE);
            assertThatExceptionOfType(StoreException.class)
                    .isThrownBy(() -> reader.upsert(ONE))
                    .withMessage(folder() + " was opened to be read only");
        }
    }

    @Test
    void twoWritersAreOneTooMany() {
        try (var first = open(SPACE)) {
            assertThatExceptionOfType(StoreException.class)
                    .isThrownBy(() -> open(SPACE))
                    .withMessage(folder() + " is open in another process, or twice in this one");
            first.upsert(ONE);
        }
    }

    @Test
    void whatIsNoStoreIsSaidInOneLine() throws IOException {
        assertThat(LuceneStore.exists(folder())).isFalse();
        assertThatExceptionOfType(StoreException.class)
                .isThrownBy(() -> LuceneStore.openReadOnly(folder()))
                .withMessage(folder() + " holds no index");

        var file = Files.writeString(temporary.resolve("file"), "text");
        assertThatExceptionOfType(StoreException.class)
                .isThrownBy(() -> LuceneStore.open(file, SPACE))
                .withMessageStartingWith(file + " cannot be opened: ");

        try (var directory = FSDirectory.open(temporary.resolve("other"));
                var writer = new IndexWriter(directory, new IndexWriterConfig(new StandardAnalyzer()))) {
            writer.commit();
        }
        assertThatExceptionOfType(StoreException.class)
                .isThrownBy(() -> LuceneStore.open(temporary.resolve("other"), SPACE))
                .withMessage(temporary.resolve("other") + " holds an index of another program");
    }

    @Test
    void aBrokenIndexIsRefusedInOneLine() throws IOException {
        try (var store = open(SPACE)) {
            store.upsert(ONE);
        }
        assertThat(LuceneStore.exists(folder())).isTrue();
        try (var files = Files.list(folder())) {
            for (var file : files.filter(file -> file.getFileName().toString().startsWith("segments_")).toList()) {
                var bytes = Files.readAllBytes(file);
                bytes[bytes.length / 2] ^= 1;
                Files.write(file, bytes);
            }
        }
        assertThatExceptionOfType(StoreException.class)
                .isThrownBy(() -> open(SPACE))
                .satisfies(refused -> assertThat(refused.getMessage())
                        .startsWith(folder() + " cannot be opened: ")
                        .doesNotContain("\n"));
    }

    @Test
    void anOpeningThatFailsLeavesNoLock() throws IOException {
        try (var store = open(SPACE)) {
            store.upsert(ONE);
        }
        try (var files = Files.list(folder())) {
            for (var file : files.filter(file -> !file.toString().endsWith(".si")).toList()) {
                var text = Files.readString(file, ISO_8859_1); // a name that is read when the writer is open already
                Files.writeString(file, text.replace("StoredFields", "storedfields"), ISO_8859_1);
            }
        }
        for (int time = 0; time < 2; time++) {
            assertThatExceptionOfType(StoreException.class)
                    .isThrownBy(() -> open(SPACE))
                    .withMessageStartingWith(folder() + " cannot be opened: ");
        }
    }

    @Test
    void aWriteThatFailsLeavesWhatWasThere() throws IOException {
        try (var store = open(SPACE)) {
            store.upsert(ONE);
            var hidden = temporary.resolve("hidden");
            Files.move(folder(), hidden);
            assertThatExceptionOfType(StoreException.class)
                    .isThrownBy(() -> store.upsert(List.of(new Entry(Passage.of("b", "b"), new float[] {0, 1, 0}))));
            assertThat(hidden).isDirectory();
        }
    }
}
