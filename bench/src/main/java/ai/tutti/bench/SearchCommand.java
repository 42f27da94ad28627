package ai.tutti.bench;

import ai.tutti.search.Filter;
import ai.tutti.search.LuceneStore;
import ai.tutti.search.Passage;
import ai.tutti.search.PgVectorStore;
import ai.tutti.search.VectorEncoding;
import ai.tutti.search.VectorSpace;
import ai.tutti.search.VectorStore;
import ai.tutti.search.VectorStore.Entry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Vectors around centres, as those of texts are, with words that are as common as in English; into a store, and out. */
@Command(name = "search", description = "a vector store: how fast it indexes and answers, without the model's time")
final class SearchCommand implements Callable<Integer> {
    @Option(names = "--passages", description = "how many there are (default: ${DEFAULT-VALUE})")
    private int passages = 30_000;

    @Option(names = "--dimensions", description = "of a vector (default: ${DEFAULT-VALUE})")
    private int dimensions = 384;

    @Option(names = "--batch", description = "passages written at a time (default: ${DEFAULT-VALUE})")
    private int batch = 1_000;

    @Option(names = "--queries", description = "how many of each kind count (default: ${DEFAULT-VALUE})")
    private int queries = 1_000;

    @Option(names = "--postgres", description = "a database's address: its store instead of Lucene's")
    private @Nullable String postgres;

    private final Random random = new Random(1);
    private final List<float[]> centres = new ArrayList<>();

    @Override
    public Integer call() throws IOException {
        System.out.println(Machine.describe("the JVM's vectors"));
        for (int i = 0; i < 200; i++) {
            centres.add(noise());
        }
        var entries = IntStream.range(0, passages).mapToObj(this::entry).toList();
        var table = new Table(
                "store", "passages a second", "on disk",
                "by vector: p50, ms", "p99, ms", "recall@10", "with a filter: p50, ms", "p99, ms", "by words: p50, ms", "p99, ms");
        var space = new VectorSpace("bench", dimensions);
        if (postgres != null) {
            try (var store = PgVectorStore.open(postgres, "tutti_bench", space)) {
                store.delete(Filter.everything());
                measure("PostgreSQL", store, entries, null, table);
            }
        } else {
            for (var encoding : VectorEncoding.values()) {
                try (var folder = TemporaryFolder.create();
                        var store = LuceneStore.open(folder.path(), space, encoding)) {
                    measure("Lucene " + encoding, store, entries, folder.path(), table);
                }
            }
        }
        table.print(System.out);
        return 0;
    }

    private void measure(String name, VectorStore store, List<Entry> entries, @Nullable Path folder, Table table)
            throws IOException {
        long begin = System.nanoTime();
        for (int from = 0; from < entries.size(); from += batch) {
            store.upsert(entries.subList(from, Math.min(entries.size(), from + batch)));
        }
        double rate = entries.size() / ((System.nanoTime() - begin) / 1e9);
        var half = Filter.atLeast("half", 1);
        var byVector = times(() -> store.search(around(), 10));
        var filtered = times(() -> store.search(around(), 10, half));
        var byWords = times(() -> store.searchText(words(4), 10));
        table.row(
                name,
                "%,.0f".formatted(rate),
                folder == null ? "–" : Table.megabytes(size(folder)),
                byVector.text(0.5),
                byVector.text(0.99),
                "%.3f".formatted(recall(store, entries)),
                filtered.text(0.5),
                filtered.text(0.99),
                byWords.text(0.5),
                byWords.text(0.99));
    }

    private Latencies times(Runnable query) {
        var latencies = new Latencies();
        for (int i = -queries / 2; i < queries; i++) { // a third warms up
            long begin = System.nanoTime();
            query.run();
            if (i >= 0) {
                latencies.add(System.nanoTime() - begin);
            }
        }
        return latencies;
    }

    /** How many of the nearest ten, found by comparing all, a search finds; over 50 queries. */
    private double recall(VectorStore store, List<Entry> entries) {
        int shared = 0;
        for (int i = 0; i < 50; i++) {
            float[] query = around();
            double[] cosines = entries.stream().mapToDouble(entry -> cosine(query, entry.vector())).toArray();
            double tenth = Arrays.stream(cosines).sorted().skip(cosines.length - 10L).findFirst().orElse(-1);
            shared += (int) store.search(query, 10).stream()
                    .filter(hit -> cosines[Integer.parseInt(hit.passage().id())] >= tenth)
                    .count();
        }
        return shared / 500.0;
    }

    private static double cosine(float[] a, float[] b) {
        double product = 0;
        double squares = 0;
        for (int i = 0; i < a.length; i++) {
            product += (double) a[i] * b[i];
            squares += (double) b[i] * b[i];
        }
        return product / Math.sqrt(squares);
    }

    private Entry entry(int number) {
        var text = words(40);
        return new Entry(
                new Passage(Integer.toString(number), "d" + number / 20, 0, text.length(), text, Map.of("half", number % 2)),
                around());
    }

    private float[] noise() {
        var vector = new float[dimensions];
        for (int i = 0; i < dimensions; i++) {
            vector[i] = (float) random.nextGaussian();
        }
        return vector;
    }

    private float[] around() {
        float[] vector = noise();
        float[] centre = centres.get(random.nextInt(centres.size()));
        for (int i = 0; i < dimensions; i++) {
            vector[i] = centre[i] + 0.7f * vector[i];
        }
        return vector;
    }

    /** Words of a vocabulary of 20,000, the n-th as common as one in n. */
    private String words(int count) {
        var text = new StringBuilder();
        for (int i = 0; i < count; i++) {
            text.append("w").append((int) Math.pow(20_000, random.nextDouble())).append(' ');
        }
        return text.toString();
    }

    private static long size(Path folder) throws IOException {
        try (var files = Files.list(folder)) {
            return files.mapToLong(file -> file.toFile().length()).sum();
        }
    }
}
