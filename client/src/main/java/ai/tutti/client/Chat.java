package ai.tutti.client;

/** Conversations. */
public final class Chat {
    private final ChatCompletions completions;

    Chat(Transport transport) {
        this.completions = new ChatCompletions(transport);
    }

    /** Answers of a chat model. */
    public ChatCompletions completions() {
        return completions;
    }
}
