package ai.tutti.client;

import ai.tutti.api.ChatCompletionReply;
import ai.tutti.api.ChatCompletionRequest;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Answers of a chat model. */
public final class ChatCompletions {
    private static final String PATH = "chat/completions";

    private final Transport transport;

    ChatCompletions(Transport transport) {
        this.transport = transport;
    }

    /**
     * The whole answer.
     *
     * @throws TuttiException when the service cannot be reached or answers with an error
     * @throws IllegalArgumentException when the request cannot be written as JSON
     */
    public ChatCompletionReply create(ChatCompletionCreateParams params) {
        return Await.result(createAsync(params));
    }

    /** The same without waiting; fails with the same exceptions. Cancelling ends what is under way. */
    public CompletableFuture<ChatCompletionReply> createAsync(ChatCompletionCreateParams params) {
        return transport.post(PATH, request(params, null), params.extras(), Wire.reader(ChatCompletionReply.class));
    }

    /**
     * The answer while it is being written. Returns when it begins; to be closed, which ends it early.
     *
     * @throws TuttiException when the service cannot be reached or answers with an error
     * @throws IllegalArgumentException when the request cannot be written as JSON
     */
    public ChatCompletionStream createStreaming(ChatCompletionCreateParams params) {
        return Await.result(createStreamingAsync(params));
    }

    /** The same without waiting for the beginning; fails with the same exceptions. Cancelling ends what is under way. */
    public CompletableFuture<ChatCompletionStream> createStreamingAsync(ChatCompletionCreateParams params) {
        return transport.stream(PATH, request(params, true), params.extras(), ChatCompletionStream::of);
    }

    private static ChatCompletionRequest request(ChatCompletionCreateParams params, @Nullable Boolean stream) {
        return new ChatCompletionRequest(
                params.model(),
                params.messages(),
                params.maxTokens(),
                params.temperature(),
                params.topP(),
                params.topK(),
                params.stop(),
                params.seed(),
                stream);
    }
}
