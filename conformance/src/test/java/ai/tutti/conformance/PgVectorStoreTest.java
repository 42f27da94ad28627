package ai.tutti.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import ai.tutti.search.Filter;
import ai.tutti.search.Passage;
import ai.tutti.search.PgVectorStore;
import ai.tutti.search.StoreException;
import ai.tutti.search.VectorSpace;
import ai.tutti.search.VectorStore;
import ai.tutti.search.VectorStore.Entry;
import ai.tutti.search.VectorStoreContract;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Passages in a real PostgreSQL. */
@SuppressWarnings("NullAway.Init")
class PgVectorStoreTest extends VectorStoreContract {
    private static final AtomicInteger STORES = new AtomicInteger();

    private static Postgres postgres;

    private final String name = "Store_" + STORES.incrementAndGet();

    @BeforeAll
    static void start() {
        postgres = Postgres.start();
    }

    @AfterAll
    static void stop() {
        postgres.close();
    }

    @Override
    protected VectorStore open(VectorSpace space) {
        return PgVectorStore.open(postgres.url(), name, space);
    }

    /** More numbers than are compared one by one, in each of the three kinds of index. */
    @ParameterizedTest
    @CsvSource({"1024, 2200", "2048, 1200", "4096, 600"})
    void theGraphsFindWhatComparingAllFinds(int dimensions, int count) throws InterruptedException {
        var entries = clustered(count, dimensions, 1);
        try (var store = open(new VectorSpace("me/clustered", dimensions))) {
            store.upsert(entries);
            assertThat(recall(store, entries, beside(entries, 20, 2))).isGreaterThanOrEqualTo(0.98);
            assertThat(store.search(entries.getFirst().vector(), 10, Filter.passages(List.of("p3", "p4")))).hasSize(2);
        }
        await(() -> graphSearches() >= 20);
    }

    /** How often this test's store has searched its graph, as the server counts. */
    private long graphSearches() {
        var sql = """
                select sum(idx_scan) from pg_stat_user_indexes join pg_indexes on indexname = indexrelname
                where tablename = ? and indexdef ilike '%using hnsw%'""";
        try (var connection = DriverManager.getConnection("jdbc:" + postgres.url().replace("tutti:any@", "") + "?user=tutti");
                var statement = connection.prepareStatement(sql)) {
            statement.setString(1, name);
            try (var rows = statement.executeQuery()) {
                rows.next();
                return rows.getLong(1);
            }
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void theServerRestartsUnderLoadAndNothingAcknowledgedIsLost() throws Exception {
        var acknowledged = new ConcurrentLinkedQueue<String>();
        var enough = new AtomicBoolean();
        var searches = new AtomicInteger();
        try (var store = open(SPACE);
                var threads = Executors.newFixedThreadPool(5)) {
            List<Future<?>> load = new ArrayList<>();
            for (int writer = 0; writer < 3; writer++) {
                var document = "d" + writer;
                load.add(threads.submit(() -> {
                    for (int batch = 0; !enough.get(); batch++) {
                        var first = new Passage(document + "#" + batch + ".0", document, 0, 1, "a", Map.of());
                        var second = new Passage(document + "#" + batch + ".1", document, 1, 2, "b", Map.of());
                        store.upsert(List.of(new Entry(first, new float[] {1, batch, 0}), new Entry(second, new float[] {1, 0, batch})));
                        acknowledged.add(first.id());
                        acknowledged.add(second.id());
                    }
                }));
            }
            for (int reader = 0; reader < 2; reader++) {
                load.add(threads.submit(() -> {
                    while (!enough.get()) {
                        store.search(new float[] {1, 1, 1}, 5);
                        searches.incrementAndGet();
                    }
                }));
            }
            for (int restart = 0; restart < 3; restart++) {
                int before = acknowledged.size();
                int searchesBefore = searches.get();
                await(() -> acknowledged.size() > before + 20 && searches.get() > searchesBefore + 20);
                postgres.crash();
                Thread.sleep(300);
                postgres.up();
            }
            int before = acknowledged.size();
            await(() -> acknowledged.size() > before + 20);
            enough.set(true);
            for (var one : load) {
                one.get();
            }
            var stored = store.list(Filter.everything(), Integer.MAX_VALUE).stream().map(Passage::id).toList();
            assertThat(stored).doesNotHaveDuplicates().containsExactlyInAnyOrderElementsOf(acknowledged);
        }
    }

    private static void await(BooleanSupplier condition) throws InterruptedException {
        long deadline = System.nanoTime() + 60_000_000_000L;
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("a minute is over").isLessThan(deadline);
            Thread.sleep(20);
        }
    }

    @Test
    void storesOfOneDatabaseAreApart() {
        try (var one = open(SPACE);
                var other = PgVectorStore.open(postgres.url(), name + "_other", new VectorSpace("me/other", 2))) {
            one.upsert(List.of(new Entry(Passage.of("a", "text"), new float[] {1, 0, 0})));
            assertThat(other.count()).isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "1a", "a b", "a\"; drop table tutti_stores; --", "ä", "a.b"})
    void aNameThatIsNoNameIsRefused(String wrong) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> PgVectorStore.open(postgres.url(), wrong, SPACE))
                .withMessageStartingWith("a store's name has 1 to 40 letters, digits and underscores");
    }

    @Test
    void aDatabaseThatCannotBeReachedIsSaidInOneLineWithoutItsPassword() {
        assertThatExceptionOfType(StoreException.class)
                .isThrownBy(() -> PgVectorStore.open("postgresql://me:secret@127.0.0.1:1/db?connectTimeout=2", name, SPACE))
                .withMessageStartingWith("postgresql://127.0.0.1:1/db: ")
                .satisfies(refused -> assertThat(refused.getMessage()).doesNotContain("\n").doesNotContain("secret"));
        assertThatExceptionOfType(StoreException.class)
                .isThrownBy(() -> PgVectorStore.open(postgres.url().replace("/postgres", "/absent"), name, SPACE))
                .withMessageContaining("database \"absent\" does not exist");
        assertThatIllegalArgumentException().isThrownBy(() -> PgVectorStore.open("mysql://h/d", name, SPACE));
    }
}
