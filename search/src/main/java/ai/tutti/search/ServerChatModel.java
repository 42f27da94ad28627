package ai.tutti.search;

import static java.util.Objects.requireNonNull;

import ai.tutti.api.ChatMessage;
import ai.tutti.client.ChatCompletionCreateParams;
import ai.tutti.client.Tutti;
import java.util.List;
import java.util.function.Consumer;

/** A chat model behind a server: Tutti's, which forwards to another, Together's own, or any with OpenAI's protocol. */
public final class ServerChatModel implements ChatModel {
    private final Tutti client;
    private final String model;
    private final Consumer<ChatCompletionCreateParams.Builder> settings;

    /** A model as the server has it, but for its temperature of 0: answers from sources need no imagination. */
    public ServerChatModel(Tutti client, String model) {
        this(client, model, request -> {});
    }

    /**
     * A model with settings of its own.
     *
     * @param settings changes each request before it is sent: its temperature, the most tokens of an answer
     */
    public ServerChatModel(Tutti client, String model, Consumer<ChatCompletionCreateParams.Builder> settings) {
        this.client = requireNonNull(client, "client is null");
        this.model = requireNonNull(model, "model is null");
        this.settings = requireNonNull(settings, "settings is null");
    }

    @Override
    public String model() {
        return model;
    }

    @Override
    public String answer(List<ChatMessage> messages, Consumer<String> pieces) {
        var answer = new StringBuilder();
        try (var stream = client.chat().completions().createStreaming(request(messages))) {
            while (stream.hasNext()) {
                var chunk = stream.next();
                var piece = chunk.choices().isEmpty() ? null : chunk.choices().getFirst().delta().content();
                if (piece != null && !piece.isEmpty()) {
                    answer.append(piece);
                    pieces.accept(piece);
                }
            }
        }
        return answer.toString();
    }

    private ChatCompletionCreateParams request(List<ChatMessage> messages) {
        var request = ChatCompletionCreateParams.builder().model(model).messages(messages).temperature(0);
        settings.accept(request);
        return request.build();
    }
}
