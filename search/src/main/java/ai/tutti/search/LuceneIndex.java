package ai.tutti.search;

import static java.util.Objects.requireNonNull;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import org.apache.lucene.analysis.Analyzer;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexNotFoundException;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.SearcherManager;
import org.apache.lucene.store.AlreadyClosedException;
import org.apache.lucene.store.Directory;
import org.apache.lucene.store.FSDirectory;
import org.apache.lucene.store.LockObtainFailedException;
import org.apache.lucene.util.IOUtils;
import org.jspecify.annotations.Nullable;

/**
 * A folder of Lucene's and how it is written: one change at a time, each ended by a commit, so that it is on disk whole when the
 * caller goes on, and then shown to readers. A change that fails is rolled back to the commit before it, and the index opened
 * anew.
 *
 * <p>All that touches files runs on one thread of its own: an interrupt of a thread that is in a file of Java's closes the file,
 * and callers may be interrupted at any time. Searches run on the caller's thread, over mapped memory.
 */
final class LuceneIndex implements AutoCloseable {
    private static final double BUFFER_MEGABYTES = 64;

    private final Path folder;
    private final LuceneDescription description;
    private final ExecutorService thread;
    private final @Nullable Analyzer analyzer;
    private volatile @Nullable Opened opened;

    /** What is open, all of it together. */
    private record Opened(Directory directory, @Nullable IndexWriter writer, SearcherManager searchers)
            implements Closeable {
        @Override
        public void close() throws IOException {
            IOUtils.close(searchers, writer, directory);
        }
    }

    /** A change. */
    interface Change {
        void make(IndexWriter writer) throws IOException;
    }

    /** A question. */
    interface Question<T extends @Nullable Object> {
        T ask(IndexSearcher searcher) throws IOException;
    }

    private interface Step<T extends @Nullable Object> {
        T run() throws IOException;
    }

    private LuceneIndex(
            Path folder, LuceneDescription description, ExecutorService thread, @Nullable Analyzer analyzer, Opened opened) {
        this.folder = folder;
        this.description = description;
        this.thread = thread;
        this.analyzer = analyzer;
        this.opened = opened;
    }

    static boolean exists(Path folder) {
        try (var directory = FSDirectory.open(folder)) {
            return DirectoryReader.indexExists(directory);
        } catch (IOException e) {
            throw failure(folder, "cannot be read", e);
        }
    }

    /** Opens it to write, as new where there is none. */
    static LuceneIndex open(Path folder, VectorSpace space, @Nullable VectorEncoding encoding, Analyzer analyzer) {
        var thread = thread(folder);
        try {
            return on(thread, folder, "cannot be opened", () -> {
                Files.createDirectories(folder);
                var stored = exists(folder) ? LuceneDescription.read(folder) : null;
                if (stored != null) {
                    stored.requireSame(folder, space, encoding);
                }
                var description = stored != null
                        ? stored
                        : new LuceneDescription(space, encoding == null ? VectorEncoding.FLOAT32 : encoding);
                var opened = writable(folder, description, analyzer);
                return new LuceneIndex(folder, description, thread, analyzer, opened);
            });
        } catch (RuntimeException e) {
            thread.shutdown();
            throw e;
        }
    }

    /** Opens it to read. */
    static LuceneIndex openReadOnly(Path folder) {
        var thread = thread(folder);
        try {
            return on(thread, folder, "cannot be opened", () -> {
                if (!Files.isDirectory(folder)) {
                    throw new IndexNotFoundException("no folder");
                }
                var description = LuceneDescription.read(folder);
                var directory = FSDirectory.open(folder);
                return new LuceneIndex(
                        folder, description, thread, null, new Opened(directory, null, new SearcherManager(directory, null)));
            });
        } catch (RuntimeException e) {
            thread.shutdown();
            throw e;
        }
    }

    private static ExecutorService thread(Path folder) {
        return Executors.newSingleThreadExecutor(
                Thread.ofPlatform().daemon().name("index " + folder.getFileName()).factory());
    }

    private static Opened writable(Path folder, LuceneDescription description, Analyzer analyzer) throws IOException {
        var directory = FSDirectory.open(folder);
        try {
            var config = new IndexWriterConfig(analyzer)
                    .setCodec(new LuceneCodec(description.encoding()))
                    .setRAMBufferSizeMB(BUFFER_MEGABYTES);
            var writer = new IndexWriter(directory, config);
            try {
                writer.setLiveCommitData(description.write().entrySet());
                writer.commit();
                return new Opened(directory, writer, new SearcherManager(writer, null));
            } catch (IOException | RuntimeException | Error e) {
                IOUtils.closeWhileHandlingException(writer::rollback); // or the folder would stay locked
                throw e;
            }
        } catch (IOException | RuntimeException | Error e) {
            IOUtils.closeWhileHandlingException(directory);
            throw e;
        }
    }

    LuceneDescription description() {
        return description;
    }

    /** Makes a change: when this returns it is on disk and is found, when it throws nothing has changed. */
    void write(Change change) {
        on(thread, folder, "cannot be written", () -> {
            var now = open();
            var writer = now.writer();
            if (writer == null) {
                throw new StoreException(folder + " was opened to be read only");
            }
            try {
                change.make(writer);
                writer.commit();
                now.searchers().maybeRefreshBlocking();
            } catch (IOException | RuntimeException | Error e) {
                reopen(now, e);
                throw e;
            }
            return null;
        });
    }

    /** Goes back to the last commit. Readers keep what they have until it is open again. */
    private void reopen(Opened broken, Throwable failure) {
        try {
            requireNonNull(broken.writer()).rollback();
            opened = writable(folder, description, requireNonNull(analyzer));
        } catch (IOException | RuntimeException e) {
            opened = null;
            failure.addSuppressed(e);
        }
        IOUtils.closeWhileHandlingException(broken.searchers(), broken.directory());
    }

    /** Asks what was written last. */
    <T extends @Nullable Object> T read(Question<T> question) {
        if (open().writer() == null) {
            on(thread, folder, "cannot be read", () -> open().searchers().maybeRefresh());
        }
        try {
            while (true) {
                var searchers = open().searchers();
                IndexSearcher searcher;
                try {
                    searcher = searchers.acquire();
                } catch (AlreadyClosedException e) {
                    continue; // a failed change has opened the index anew, or it was closed, which open() tells
                }
                try {
                    return question.ask(searcher);
                } finally {
                    searchers.release(searcher);
                }
            }
        } catch (IndexSearcher.TooManyClauses e) {
            throw new IllegalArgumentException(
                    "a filter may have at most %,d conditions".formatted(IndexSearcher.getMaxClauseCount()), e);
        } catch (IOException e) {
            throw failure(folder, "cannot be read", e);
        }
    }

    private Opened open() {
        var now = opened;
        if (now == null) {
            throw new StoreException(folder + " is closed");
        }
        return now;
    }

    @Override
    public void close() {
        if (thread.isShutdown()) {
            return;
        }
        try {
            on(thread, folder, "cannot be closed", () -> {
                var now = opened;
                opened = null;
                if (now != null) {
                    now.close();
                }
                return null;
            });
        } finally {
            thread.shutdown();
        }
    }

    /** Runs a step on the thread that touches files, and waits for it to its end. */
    private static <T extends @Nullable Object> T on(ExecutorService thread, Path folder, String failure, Step<T> step) {
        Future<T> future;
        try {
            future = thread.submit(step::run);
        } catch (RejectedExecutionException e) {
            throw new StoreException(folder + " is closed", e);
        }
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return future.get();
                } catch (InterruptedException e) {
                    interrupted = true;
                } catch (ExecutionException e) {
                    throw failure(folder, failure, requireNonNull(e.getCause()));
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static RuntimeException failure(Path folder, String what, Throwable cause) {
        return switch (cause) {
            case StoreException known -> known;
            case IllegalArgumentException known -> known;
            case LockObtainFailedException locked -> new StoreException(
                    folder + " is open in another process, or twice in this one", locked);
            case IndexNotFoundException none -> new StoreException(folder + " holds no index", none);
            case IOException broken -> new StoreException(
                    "%s %s: %s".formatted(folder, what, Texts.shown(String.valueOf(broken.getMessage()))), broken);
            case Error error -> throw error;
            default -> new StoreException("%s %s: %s".formatted(folder, what, Texts.shown(cause.toString())), cause);
        };
    }
}
