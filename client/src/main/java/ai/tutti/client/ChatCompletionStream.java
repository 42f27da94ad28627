package ai.tutti.client;

import ai.tutti.api.ChatCompletionChunk;
import java.net.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * An answer while it is being written: a piece at a time, each as soon as it is there. For one thread.
 *
 * <pre>{@code
 * try (ChatCompletionStream pieces = client.chat().completions().createStreaming(params)) {
 *     pieces.forEachRemaining(piece -> System.out.print(piece.choices().get(0).delta().content()));
 * }
 * }</pre>
 *
 * <p>{@code hasNext} and {@code next} throw {@link ApiStatusException} when the service reports an error in the midst of it,
 * {@link ApiConnectionException} when it breaks off and {@link ApiTimeoutException} when it stalls.
 */
public final class ChatCompletionStream implements Iterator<ChatCompletionChunk>, AutoCloseable {
    private static final String DONE = "[DONE]";

    private final PulledBody body;
    private final EventReader events;
    private final HttpHeaders headers;
    private @Nullable ChatCompletionChunk next;
    private boolean finished;
    private boolean ended;

    private ChatCompletionStream(PulledBody body, HttpHeaders headers) {
        this.body = body;
        this.events = new EventReader(body);
        this.headers = headers;
    }

    static ChatCompletionStream of(Reply reply) {
        PulledBody body = reply.events();
        String type = reply.headers().firstValue("content-type").orElse("nothing");
        if (body == null || !type.startsWith("text/event-stream")) {
            if (body != null) {
                body.cancel();
            }
            throw new UnexpectedReplyException("a stream of server-sent events was asked for, and what came is " + type);
        }
        return new ChatCompletionStream(body, reply.headers());
    }

    /** Waits for the next piece, or the end. */
    @Override
    public boolean hasNext() {
        if (next == null && !ended) {
            next = read();
        }
        return next != null;
    }

    @Override
    public ChatCompletionChunk next() {
        if (!hasNext() || next == null) {
            throw new NoSuchElementException("the answer has ended");
        }
        ChatCompletionChunk piece = next;
        next = null;
        return piece;
    }

    /** The pieces that are left; closing it closes this. */
    public Stream<ChatCompletionChunk> stream() {
        var pieces = Spliterators.spliteratorUnknownSize(this, Spliterator.ORDERED | Spliterator.NONNULL);
        return StreamSupport.stream(pieces, false).onClose(this::close);
    }

    /** Ends the answer where it is. Harmless when repeated. */
    @Override
    public void close() {
        ended = true;
        next = null;
        body.cancel();
    }

    private @Nullable ChatCompletionChunk read() {
        try {
            String data = events.next();
            if (data == null || data.equals(DONE)) {
                boolean whole = data != null || finished;
                close();
                if (!whole) {
                    throw new ApiConnectionException("the stream ended before the answer did", null);
                }
                return null;
            }
            return chunk(data);
        } catch (InterruptedException e) {
            close();
            Thread.currentThread().interrupt();
            throw new ApiInterruptedException(e);
        } catch (TuttiException e) {
            close();
            throw e;
        }
    }

    private ChatCompletionChunk chunk(String data) {
        byte[] json = data.getBytes(StandardCharsets.UTF_8);
        JsonNode tree = Wire.read(json, JsonNode.class);
        if (tree.hasNonNull("error")) {
            throw ApiStatusException.of(Failure.of(200, headers, json));
        }
        ChatCompletionChunk chunk = Wire.read(json, ChatCompletionChunk.class);
        finished |= chunk.choices().stream().anyMatch(choice -> choice.finishReason() != null);
        return chunk;
    }
}
