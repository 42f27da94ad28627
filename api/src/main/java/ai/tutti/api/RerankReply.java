package ai.tutti.api;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Together's answer to {@link RerankRequest}.
 *
 * @param object always {@code rerank}
 * @param id the request's id
 * @param model the name that was asked for
 * @param results the best first; equal scores in the order of the request
 * @param usage what was computed
 */
public record RerankReply(
        String object, @Nullable String id, @Required String model, @Required List<Result> results, @Nullable Usage usage) {
    public RerankReply {
        requireNonNull(model, "model is null");
        results = List.copyOf(results);
    }

    /**
     * One document's place.
     *
     * @param index the document's place in the request
     * @param relevanceScore higher is better
     * @param document the document if it was asked for, else an empty object; some services then leave it out
     */
    public record Result(int index, float relevanceScore, Document document) {
        @JsonCreator
        static Result read(int index, float relevanceScore, @Nullable Document document) {
            return new Result(index, relevanceScore, document == null ? new Document(null) : document);
        }

        public Result {
            requireNonNull(document, "document is null");
        }
    }

    /**
     * A document as the reply shows it.
     *
     * @param text the text, or an object's compact JSON; null when documents were not asked for
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Document(@Nullable String text) {}

    /**
     * What a rerank request took. SDKs insist on all three.
     *
     * @param promptTokens tokens computed
     * @param completionTokens always 0
     * @param totalTokens the sum
     */
    public record Usage(long promptTokens, long completionTokens, long totalTokens) {}
}
