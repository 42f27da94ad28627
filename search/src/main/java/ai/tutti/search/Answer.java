package ai.tutti.search;

import static java.util.Objects.requireNonNull;

import java.util.List;

/**
 * What {@link RagPipeline} made of a question.
 *
 * @param question the question
 * @param retrieved what the search found, the best first
 * @param sources what the reranker kept of it, the best first: source [1] of the answer is the first
 * @param text what the chat model wrote
 */
public record Answer(String question, List<Hit> retrieved, List<Hit> sources, String text) {
    public Answer {
        requireNonNull(question, "question is null");
        retrieved = List.copyOf(retrieved);
        sources = List.copyOf(sources);
        requireNonNull(text, "text is null");
    }
}
