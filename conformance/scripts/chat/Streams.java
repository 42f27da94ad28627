// Runs with: java. Server: chat.
// Answers whole and in pieces, plain and asynchronously, by the Java SDK.

import ai.tutti.api.ChatCompletionChunk;
import ai.tutti.api.ChatCompletionReply;
import ai.tutti.api.ChatMessage;
import ai.tutti.client.BadRequestException;
import ai.tutti.client.ChatCompletionCreateParams;
import ai.tutti.client.ChatCompletionStream;
import ai.tutti.client.Tutti;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;

class Streams {
    private static final String MODEL = "meta-llama/Meta-Llama-3.1-8B-Instruct-Turbo";

    public static void main(String[] args) throws Exception {
        Tutti client = Tutti.create();
        ChatCompletionCreateParams ask = ask(MODEL, 20);

        ChatCompletionReply whole = client.chat().completions().create(ask);
        String answer = whole.choices().get(0).message().content();
        check(MODEL.equals(whole.model()), whole.model());
        check(answer != null && !answer.isEmpty(), "no answer");
        check(answer.equals(client.chat().completions().createAsync(ask).get().choices().get(0).message().content()), "not the same");

        try (ChatCompletionStream stream = client.chat().completions().createStreaming(ask)) {
            check(answer.equals(text(stream)), "not the same in pieces");
        }
        try (ChatCompletionStream stream = client.chat().completions().createStreamingAsync(ask).get()) {
            check(answer.equals(text(stream)), "not the same in pieces, asynchronously");
        }
        try (ChatCompletionStream stream = client.chat().completions().createStreaming(ask("endless", 10_000))) {
            check("endless".equals(stream.next().model()), "another model"); // and hangs up
        }
        try {
            client.chat().completions().create(ChatCompletionCreateParams.of("BAAI/bge-small-en-v1.5", "Why?"));
            check(false, "an embedding model chatted");
        } catch (BadRequestException e) {
            check(e.getMessage().contains("cannot chat"), e.getMessage());
        }
        check(client.models().list().stream().anyMatch(model -> model.id().equals(MODEL) && model.type().equals("chat")), "not listed");
    }

    private static ChatCompletionCreateParams ask(String model, int tokens) {
        return ChatCompletionCreateParams.builder()
                .model(model)
                .messages(List.of(ChatMessage.user("Why is the sky blue?")))
                .maxTokens(tokens)
                .temperature(0)
                .build();
    }

    private static String text(ChatCompletionStream stream) {
        List<ChatCompletionChunk> chunks = stream.stream().toList();
        check(chunks.size() > 3, "only " + chunks.size() + " pieces");
        check(chunks.stream().allMatch(chunk -> MODEL.equals(chunk.model())), "another model");
        return chunks.stream()
                .flatMap(chunk -> chunk.choices().stream())
                .map(choice -> choice.delta().content())
                .filter(Objects::nonNull)
                .collect(Collectors.joining());
    }

    private static void check(boolean so, String otherwise) {
        if (!so) {
            throw new AssertionError(otherwise);
        }
    }
}
