package ai.tutti.search;

import ai.tutti.api.ChatMessage;
import java.util.List;
import java.util.function.Consumer;

/** Writes answers: {@link ServerChatModel} through any server. May be called by any number of threads at once. */
public interface ChatModel {
    /** The model's name. */
    String model();

    /**
     * Answers a conversation.
     *
     * @param pieces is given each piece of the answer as soon as it is written; when it throws, the answer ends there
     * @return the whole answer
     * @throws InterruptedException when the waiting thread is interrupted
     */
    String answer(List<ChatMessage> messages, Consumer<String> pieces) throws InterruptedException;
}
