package ai.tutti.api;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Cohere's answer to {@link RerankRequest}, at {@code /v2/rerank}.
 *
 * @param results the best first; equal scores in the order of the request
 * @param id the request's id
 * @param meta what was computed, in Cohere's terms
 */
public record CohereRerankReply(List<Result> results, String id, Meta meta) {
    public CohereRerankReply {
        results = List.copyOf(results);
        requireNonNull(id, "id is null");
        requireNonNull(meta, "meta is null");
    }

    /**
     * One document's place.
     *
     * @param index the document's place in the request
     * @param relevanceScore higher is better
     * @param document null unless it was asked for
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Result(int index, float relevanceScore, RerankReply.@Nullable Document document) {}

    /** What was computed. */
    public record Meta(ApiVersion apiVersion, BilledUnits billedUnits, Tokens tokens) {}

    /** Always {@code 2}. */
    public record ApiVersion(String version) {}

    /** Cohere counts one search unit for each hundred documents begun. */
    public record BilledUnits(int searchUnits) {}

    /** Tokens computed. */
    public record Tokens(long inputTokens, long outputTokens) {}
}
