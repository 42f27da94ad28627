package ai.tutti.hub;

import static java.util.Objects.requireNonNull;

import ai.tutti.engine.checkpoint.ModelLoadException;
import ai.tutti.engine.family.Families;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.Executors;

/**
 * Brings the files that a model needs into the Hugging Face cache.
 *
 * <p>A file is written under a name of its own, checked against the hash that the hub names it by, and only then renamed: a
 * blob is whole or absent, whatever happens to the process meanwhile. A broken download goes on where it broke, in this
 * process or in a later one. Of two processes that want the same file one fetches it, the other waits and finds it there. The
 * branch is pointed at the new commit last, so an older snapshot stays in use until the new one is whole.
 */
final class Download implements AutoCloseable {
    private static final int CONNECTIONS = 4;

    private final HubSettings settings;
    private final Progress progress;
    private final HubClient client;
    private final RepositoryName name;
    private final String revision;
    private final boolean toServe;
    private final CachedRepository repository;

    /**
     * A download.
     *
     * @param toServe whether a model that cannot be served is not wanted
     */
    Download(HubSettings settings, Retries retries, Progress progress, RepositoryName name, String revision, boolean toServe) {
        this.settings = requireNonNull(settings, "settings is null");
        this.progress = requireNonNull(progress, "progress is null");
        this.name = requireNonNull(name, "name is null");
        this.revision = requireNonNull(revision, "revision is null");
        this.toServe = toServe;
        client = new HubClient(settings, retries, progress);
        repository = CachedRepository.of(settings.cache(), name);
    }

    /**
     * Fetches what is missing.
     *
     * @return the snapshot
     * @throws ModelLoadException when there is no such model, it is no model, or a file is not what it should be
     * @throws HubUnreachableException when the hub cannot be asked
     * @throws IOException when the cache cannot be written
     */
    Path run() throws IOException {
        Listing listing = client.list(name, revision);
        Path snapshot = repository.snapshot(listing.commit());
        var needed = new NeededFiles(snapshot, listing.files());
        fetch(listing, needed.deciding(), Progress.SILENT);
        String missing = needed.missing();
        if (missing != null) {
            throw new ModelLoadException("%s cannot be served: %s has no %s of it"
                    .formatted(name, settings.endpoint(), Refusals.oneLine(missing)));
        }
        requireFamily(snapshot);
        fetch(listing, needed.others(), progress);
        for (String telling : NeededFiles.telling()) {
            if (!listing.files().contains(telling)) {
                repository.noteLacking(listing.commit(), telling);
            }
        }
        repository.note(revision, listing.commit());
        return snapshot;
    }

    /** Says before gigabytes come that they cannot be served; refuses them where they are to be. */
    private void requireFamily(Path snapshot) throws IOException {
        String type = NeededFiles.modelType(snapshot);
        if (type.isEmpty() || Families.knows(type)) {
            return;
        }
        String problem = "%s cannot be served by this version of Tutti, which does not compute models of type \"%s\""
                .formatted(name, Refusals.oneLine(type));
        if (toServe) {
            throw new ModelLoadException(problem);
        }
        progress.note(problem + "; its files come all the same");
    }

    private void fetch(Listing listing, Set<String> names, Progress told) throws IOException {
        String commit = listing.commit();
        List<RemoteFile> files = inParallel(names, file -> client.stat(name, commit, file));
        List<RemoteFile> wanted = files.stream()
                .filter(file -> !repository.hasInSnapshot(commit, file))
                .sorted(Comparator.comparingLong(RemoteFile::size))
                .toList();
        List<RemoteFile> missing = wanted.stream().filter(file -> !repository.hasBlob(file)).toList();
        if (!missing.isEmpty()) {
            download(commit, missing, told);
        }
        // The weights last: a snapshot that has them has the rest, wherever the process ended.
        for (RemoteFile file : wanted) {
            repository.place(commit, file, settings.symlinks());
        }
    }

    private void download(String commit, List<RemoteFile> missing, Progress told) throws IOException {
        long bytes = missing.stream().mapToLong(RemoteFile::size).sum();
        long present = 0;
        for (RemoteFile file : missing) {
            present += Math.min(file.size(), repository.partialSize(file));
        }
        requireRoom(bytes - present);
        told.started(name.text(), missing.size(), bytes, present);
        inParallel(missing.reversed(), file -> {
            download(commit, file, told);
            return file;
        });
        told.finished();
    }

    private void download(String commit, RemoteFile file, Progress told) throws IOException {
        Runnable waiting = () -> progress.note("Waiting for another process that downloads %s of %s".formatted(file.path(), name));
        try (var _ = BlobLock.acquire(repository.lock(file), waiting)) {
            if (repository.hasBlob(file) || repository.hasInSnapshot(commit, file)) {
                told.received(file.size() - Math.min(file.size(), repository.partialSize(file)));
                return;
            }
            try (var partial = new PartialFile(repository.partial(file), file, told::received)) {
                boolean resumed = partial.length() > 0;
                if (partial.length() < file.size()) {
                    client.fetch(name, commit, partial);
                }
                boolean right = partial.isRight();
                if (!right && resumed) {
                    partial.restart(); // what was here belonged to something else
                    client.fetch(name, commit, partial);
                    right = partial.isRight();
                }
                if (!right) {
                    partial.delete();
                    throw new ModelLoadException("%s of %s came from %s with other content than its checksum and size say: try again"
                            .formatted(file.path(), name, settings.endpoint()));
                }
                partial.moveTo(repository.blob(file));
            }
        }
    }

    private void requireRoom(long bytes) throws IOException {
        Path place = settings.cache();
        while (!Files.exists(place) && place.getParent() != null) {
            place = place.getParent();
        }
        long free = Files.getFileStore(place).getUsableSpace();
        if (bytes > free) {
            throw new ModelLoadException("%s needs %s, and %s has %s free: make room, or set HF_HOME to another disk"
                    .formatted(name, Sizes.of(bytes), place, Sizes.of(free)));
        }
    }

    @FunctionalInterface
    private interface Step<T, R> {
        R take(T input) throws IOException;
    }

    /** Some at a time; the first failure ends them all. */
    private static <T, R> List<R> inParallel(Collection<T> inputs, Step<T, R> step) throws IOException {
        try (var pool = Executors.newFixedThreadPool(CONNECTIONS, Thread.ofVirtual().factory())) {
            var done = new ExecutorCompletionService<R>(pool);
            inputs.forEach(input -> done.submit(() -> step.take(input)));
            List<R> results = new ArrayList<>();
            try {
                for (int i = 0; i < inputs.size(); i++) {
                    results.add(done.take().get());
                }
                return results;
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new InterruptedIOException("interrupted");
            } catch (ExecutionException e) {
                switch (e.getCause()) {
                    case IOException failure -> throw failure;
                    case RuntimeException failure -> throw failure;
                    case null, default -> throw new IllegalStateException(e);
                }
            } finally {
                pool.shutdownNow();
            }
        }
    }

    @Override
    public void close() {
        client.close();
    }
}
