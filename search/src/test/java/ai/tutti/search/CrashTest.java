package ai.tutti.search;

import static org.assertj.core.api.Assertions.assertThat;

import ai.tutti.search.VectorStore.Entry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A process that indexes is killed at random moments, as the machine's power or the kernel would. It says after each batch that it
 * is stored; what it has said must be there.
 */
class CrashTest {
    private static final int KILLS = 50;
    /** One kill of so many may come before anything is acknowledged; the others wait for a batch. */
    private static final int STARTS = 5;
    private static final int DOCUMENTS = 40;
    private static final int PASSAGES = 5;
    private static final int DIMENSIONS = 16;
    private static final VectorSpace SPACE = new VectorSpace("me/tiny", DIMENSIONS);

    @TempDir
    private Path temporary;

    @Test
    void noMomentToDieLosesWhatWasAcknowledgedOrDoublesAnything() throws Exception {
        try (var lanes = Executors.newFixedThreadPool(2)) {
            var one = lanes.submit(() -> killAgainAndAgain(temporary.resolve("one"), 1));
            var other = lanes.submit(() -> killAgainAndAgain(temporary.resolve("other"), 2));
            assertThat(one.get() + other.get())
                    .as("batches that were acknowledged")
                    .isGreaterThanOrEqualTo(KILLS - KILLS / STARTS);
        }
    }

    private static int killAgainAndAgain(Path index, long seed) throws IOException, InterruptedException {
        var random = new Random(seed);
        int begun = 0;
        int acknowledged = 0;
        for (int kill = 0; kill < KILLS / 2; kill++) {
            var run = new Run(index, begun);
            if (kill % STARTS == 0) {
                run.killAfter(random.nextInt(600)); // while it starts and opens the index
            } else {
                run.killAfterFirstBatch(random.nextInt(150));
            }
            acknowledged += run.acknowledged();
            begun = check(index, begun + run.acknowledged());
        }
        return acknowledged;
    }

    /** What is there after so many acknowledged rounds; returns how many were written, which may be one more. */
    private static int check(Path folder, int acknowledged) {
        try (var store = LuceneStore.open(folder, SPACE)) {
            var passages = store.list(Filter.everything(), Integer.MAX_VALUE);
            assertThat(passages).extracting(Passage::id).doesNotHaveDuplicates();
            assertThat(passages).hasSize((int) store.count());
            // A round writes one document anew, all its passages with the round's number in their text.
            int last = acknowledged;
            for (var passage : passages) {
                last = Math.max(last, round(passage) + 1);
            }
            assertThat(last).as("at most the batch under way was written beyond").isLessThanOrEqualTo(acknowledged + 1);
            for (int document = 0; document < Math.min(DOCUMENTS, last); document++) {
                int newest = newestRound(document, last);
                var stored = store.list(Filter.document("d" + document), 100);
                assertThat(stored).as("document %d after %d rounds", document, last).hasSize(PASSAGES);
                assertThat(stored).allSatisfy(passage -> assertThat(round(passage)).isEqualTo(newest));
                assertThat(store.search(vector(document), 1).getFirst().passage().documentId()).isEqualTo("d" + document);
            }
            return last;
        }
    }

    private static int newestRound(int document, int rounds) {
        return document + DOCUMENTS * ((rounds - 1 - document) / DOCUMENTS);
    }

    private static int round(Passage passage) {
        return Integer.parseInt(passage.text().substring("round ".length()));
    }

    private static float[] vector(int document) {
        var vector = new float[DIMENSIONS];
        vector[0] = 1;
        vector[1 + document % (DIMENSIONS - 1)] = document + 1;
        return vector;
    }

    /** A process that indexes from a round on until it is killed. */
    private static final class Run {
        private final Process process;
        private final Path acknowledgements;
        private int acknowledged;

        Run(Path folder, int from) throws IOException {
            this.acknowledgements = folder.resolveSibling(folder.getFileName() + "-" + from + "-" + System.nanoTime());
            process = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin/java").toString(),
                            "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto", "-Xmx128m",
                            "-cp", System.getProperty("java.class.path"),
                            Indexing.class.getName(), folder.toString(), Integer.toString(from))
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .redirectOutput(acknowledgements.toFile())
                    .start();
        }

        void killAfter(int milliseconds) throws IOException, InterruptedException {
            Thread.sleep(milliseconds);
            process.destroyForcibly().waitFor();
            acknowledged = (int) Files.readString(acknowledgements).chars().filter(c -> c == '\n').count();
        }

        void killAfterFirstBatch(int milliseconds) throws IOException, InterruptedException {
            while (Files.size(acknowledgements) == 0) {
                assertThat(process.isAlive()).as("the process indexes").isTrue();
                Thread.sleep(2);
            }
            killAfter(milliseconds);
        }

        int acknowledged() {
            return acknowledged;
        }
    }

    /** The process that is killed: in each round it replaces one document, and says so when it is stored. */
    static final class Indexing {
        private Indexing() {}

        public static void main(String[] arguments) {
            try (var store = LuceneStore.open(Path.of(arguments[0]), SPACE)) {
                for (int round = Integer.parseInt(arguments[1]); ; round++) {
                    int number = round % DOCUMENTS;
                    var document = "d" + number;
                    var entries = new ArrayList<Entry>();
                    for (int i = 0; i < PASSAGES; i++) {
                        var passage = new Passage(document + "#" + i, document, i, i + 1, "round " + round, Map.of());
                        entries.add(new Entry(passage, vector(number)));
                    }
                    store.replace(Filter.document(document), entries);
                    System.out.println(round);
                    System.out.flush();
                }
            }
        }
    }
}
