package ai.tutti.hub;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.net.http.HttpResponse.BodySubscriber;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The beginning of a file that is on its way, under a name of its own until it is whole and its content has the hash that
 * names it. It stays when the process ends, and the next download goes on behind it: the hash, not the server, tells whether
 * beginning and end belong together.
 */
final class PartialFile implements AutoCloseable {
    /** The disk would not take it. */
    static final class WriteException extends IOException {
        WriteException(Path file, IOException cause) {
            super("%s cannot be written: %s".formatted(file, cause.getMessage()), cause);
        }
    }

    private final Path path;
    private final RemoteFile remote;
    private final LongConsumer received;
    private final FileChannel channel;
    private @Nullable MessageDigest digest;
    private @Nullable Subscriber writer;
    private long length;
    private boolean tooLong;

    /**
     * Opens what is there of a file.
     *
     * @param received told of bytes that come, and of those that are given up
     */
    PartialFile(Path path, RemoteFile remote, LongConsumer received) throws IOException {
        this.path = requireNonNull(path, "path is null");
        this.remote = requireNonNull(remote, "remote is null");
        this.received = requireNonNull(received, "received is null");
        Files.createDirectories(requireNonNull(path.getParent()));
        channel = FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
        digest = digest();
        try {
            readWhatIsThere();
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    RemoteFile remote() {
        return remote;
    }

    /** How much is there. */
    synchronized long length() {
        return length;
    }

    /** Takes nothing more from an answer that was given up, and says how much is there. */
    synchronized long detach() {
        writer = null;
        return length;
    }

    /** Gives up what is there. */
    synchronized void restart() throws IOException {
        channel.truncate(0);
        digest = digest();
        received.accept(-length);
        length = 0;
        tooLong = false;
    }

    /** Whether the content is what its name says; where the name is no hash, its size has to do. */
    synchronized boolean isRight() {
        return length == remote.size()
                && !tooLong
                && (digest == null || HexFormat.of().formatHex(digest.digest()).equals(remote.etag()));
    }

    /** Gives the file its final name, at once and for good. */
    void moveTo(Path target) throws IOException {
        channel.force(true);
        channel.close();
        Files.move(path, target, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    }

    void delete() throws IOException {
        channel.close();
        Files.deleteIfExists(path);
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }

    private void readWhatIsThere() throws IOException {
        long size = channel.size();
        if (size > remote.size()) {
            channel.truncate(0);
            return;
        }
        ByteBuffer buffer = ByteBuffer.allocate(1 << 20);
        while (length < size && channel.read(buffer.clear(), length) > 0) {
            length += buffer.flip().remaining();
            if (digest != null) {
                digest.update(buffer);
            }
        }
    }

    private synchronized void begin(Subscriber subscriber, long from) throws IOException {
        if (from != length) {
            restart();
        }
        if (from != length) {
            throw new Retries.Passing("%s came from byte %d on".formatted(remote.path(), from));
        }
        writer = subscriber;
    }

    private synchronized void append(Subscriber subscriber, ByteBuffer bytes) throws IOException {
        if (subscriber != writer) {
            return;
        }
        long room = remote.size() - length;
        if (bytes.remaining() > room) {
            tooLong = true;
            bytes.limit(bytes.position() + (int) room);
        }
        if (digest != null) {
            digest.update(bytes.duplicate());
        }
        int count = bytes.remaining();
        try {
            for (long place = length; bytes.hasRemaining(); ) {
                place += channel.write(bytes, place);
            }
        } catch (IOException e) {
            throw new WriteException(path, e);
        }
        length += count;
        received.accept(count);
    }

    /** SHA-256, or the SHA-1 that git gives a file, by the length of the name; null where it is neither. */
    private @Nullable MessageDigest digest() {
        try {
            return switch (remote.etag().matches("[0-9a-f]+") ? remote.etag().length() : 0) {
                case 64 -> MessageDigest.getInstance("SHA-256");
                case 40 -> {
                    MessageDigest git = MessageDigest.getInstance("SHA-1");
                    git.update(("blob " + remote.size() + "\0").getBytes(StandardCharsets.US_ASCII));
                    yield git;
                }
                default -> null;
            };
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Takes an answer's body. */
    static final class Subscriber implements BodySubscriber<Void> {
        private final PartialFile partial;
        private final long from;
        private final CompletableFuture<Void> done = new CompletableFuture<>();
        private Flow.@Nullable Subscription subscription;

        /** A body that begins at a byte of the file. */
        Subscriber(PartialFile partial, long from) {
            this.partial = partial;
            this.from = from;
        }

        @Override
        public CompletionStage<Void> getBody() {
            return done;
        }

        @Override
        public void onSubscribe(Flow.Subscription opened) {
            subscription = opened;
            try {
                partial.begin(this, from);
                opened.request(1);
            } catch (IOException e) {
                fail(e);
            }
        }

        @Override
        public void onNext(List<ByteBuffer> buffers) {
            try {
                for (ByteBuffer buffer : buffers) {
                    partial.append(this, buffer);
                }
                requireNonNull(subscription).request(1);
            } catch (IOException e) {
                fail(e);
            }
        }

        @Override
        public void onError(Throwable failure) {
            done.completeExceptionally(failure);
        }

        @Override
        public void onComplete() {
            done.complete(null);
        }

        private void fail(IOException failure) {
            requireNonNull(subscription).cancel();
            done.completeExceptionally(failure);
        }
    }
}
