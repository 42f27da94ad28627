package ai.tutti.hub;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The right to write a blob, among this process's threads and among processes. The lock's file stays behind; a process that
 * ends in whatever way gives its locks back.
 *
 * <p>On Linux it does not keep out Python, whose locks are of another kind ({@code flock}); nor need it, since both write
 * under names of their own and rename.
 */
final class BlobLock implements AutoCloseable {
    private static final ConcurrentMap<Path, ReentrantLock> OF_THIS_PROCESS = new ConcurrentHashMap<>();

    private final ReentrantLock ours;
    private final FileChannel channel;
    private final FileLock lock;

    private BlobLock(ReentrantLock ours, FileChannel channel, FileLock lock) {
        this.ours = ours;
        this.channel = channel;
        this.lock = lock;
    }

    /**
     * Waits for the lock.
     *
     * @param waiting called when somebody else has it
     */
    static BlobLock acquire(Path file, Runnable waiting) throws IOException {
        ReentrantLock ours = OF_THIS_PROCESS.computeIfAbsent(file.toAbsolutePath().normalize(), path -> new ReentrantLock());
        if (!ours.tryLock()) {
            waiting.run();
            ours.lock();
        }
        @Nullable FileChannel channel = null;
        try {
            Files.createDirectories(requireNonNull(file.getParent()));
            channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            FileLock lock = channel.tryLock();
            if (lock == null) {
                waiting.run();
                lock = channel.lock();
            }
            return new BlobLock(ours, channel, lock);
        } catch (IOException | RuntimeException e) {
            ours.unlock();
            if (channel != null) {
                channel.close();
            }
            throw e;
        }
    }

    @Override
    public void close() throws IOException {
        try (channel) {
            lock.release();
        } finally {
            ours.unlock();
        }
    }
}
