package ai.tutti.cli;

import ai.tutti.cli.files.FileWalk;
import ai.tutti.cli.files.TextFile;
import ai.tutti.search.Document;
import ai.tutti.search.Filter;
import ai.tutti.search.Indexer;
import ai.tutti.search.Passage;
import ai.tutti.search.VectorStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Brings an index up to date with files: those that are new or changed are indexed, those that are gone removed, those that are
 * the same left alone. Each batch of files is on disk as a whole or not at all, so a run that is broken off has lost nothing
 * but its last batch, and the next one goes on.
 */
final class Indexing {
    static final String PATH = "path";
    static final String NAME = "name";
    static final String TYPE = "type";
    static final String SIZE = "size";
    static final String MODIFIED = "modified";
    private static final String DIGEST = "sha256";

    private static final int BATCH_FILES = 100;
    private static final int BATCH_CHARACTERS = 300_000;

    private final VectorStore store;
    private final Indexer indexer;
    private final ProgressLine line;
    private final Tally tally = new Tally();
    private final List<Document> batch = new ArrayList<>();
    private int batchCharacters;
    private long done;

    /** What became of the files. */
    static final class Tally {
        long added;
        long updated;
        long removed;
        long unchanged;
        final Map<Path, String> skipped = new LinkedHashMap<>();
    }

    Indexing(VectorStore store, Indexer indexer, ProgressLine line) {
        this.store = store;
        this.indexer = indexer;
        this.line = line;
    }

    Tally run(FileWalk walk) throws IOException, InterruptedException {
        line.begin();
        walk.unreadable().forEach(path -> tally.skipped.put(path, "cannot be read"));
        removeGone(walk);
        long whole = walk.files().size();
        for (Path file : walk.files()) {
            add(file);
            if (batch.size() >= BATCH_FILES || batchCharacters >= BATCH_CHARACTERS) {
                write();
            }
            done++;
            if (line.isDue(done)) {
                String rate = String.format(Locale.ROOT, line.rate() < 10 ? "%,.1f/s" : "%,.0f/s", line.rate());
                line.draw("index", done, whole, "%d %%, %,d of %,d files, %s%s"
                        .formatted(100 * done / whole, done, whole, rate, line.timeLeft(whole - done)));
            }
        }
        write();
        line.clear();
        return tally;
    }

    private void removeGone(FileWalk walk) {
        List<String> gone = store.documents().stream().filter(id -> walk.isGone(Path.of(id))).toList();
        if (!gone.isEmpty()) {
            store.delete(Filter.documents(gone));
            tally.removed += gone.size();
        }
    }

    private void add(Path file) throws InterruptedException {
        String id = file.toString();
        List<Passage> known = id.length() > Document.MAX_ID ? List.of() : store.list(Filter.document(id), 1);
        TextFile read;
        Map<String, Object> facts;
        try {
            if (!Files.exists(file)) {
                remove(file, known, "there is no such file or folder");
                return;
            }
            read = TextFile.read(file);
            facts = facts(file, read);
        } catch (IOException e) {
            tally.skipped.put(file, "cannot be read");
            return;
        }
        String text = read.text();
        if (text == null || text.isBlank() || id.length() > Document.MAX_ID) {
            String why = read.why() != null ? read.why() : id.length() > Document.MAX_ID ? "its path is too long" : "empty";
            remove(file, known, why);
            return;
        }
        if (!known.isEmpty() && read.digest().equals(known.getFirst().metadata().get(DIGEST))) {
            tally.unchanged++;
            return;
        }
        if (known.isEmpty()) {
            tally.added++;
        } else {
            tally.updated++;
        }
        batch.add(new Document(id, text, facts));
        batchCharacters += text.length();
    }

    /** Passes a file over, and takes out what the index has of it. */
    private void remove(Path file, List<Passage> known, String why) {
        tally.skipped.put(file, why);
        if (!known.isEmpty()) {
            store.delete(Filter.document(file.toString()));
            tally.removed++;
        }
    }

    private void write() throws InterruptedException {
        if (!batch.isEmpty()) {
            indexer.index(batch);
            batch.clear();
            batchCharacters = 0;
        }
    }

    private static Map<String, Object> facts(Path file, TextFile read) throws IOException {
        String name = String.valueOf(file.getFileName());
        int dot = name.lastIndexOf('.');
        var facts = new HashMap<String, Object>();
        facts.put(PATH, file.toString());
        facts.put(NAME, name);
        facts.put(TYPE, dot <= 0 ? "" : name.substring(dot + 1).toLowerCase(Locale.ROOT));
        facts.put(SIZE, Files.size(file));
        facts.put(MODIFIED, Files.getLastModifiedTime(file).toInstant().getEpochSecond());
        facts.put(DIGEST, read.digest());
        return facts;
    }
}
