package ai.tutti.api;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@code POST /v1/rerank}, and Cohere's {@code /v2/rerank}.
 *
 * @param model the name of a served model
 * @param query what is looked for
 * @param documents what is ranked; texts and objects may be mixed
 * @param topN only so many of the best; null or more than there are: all
 * @param returnDocuments whether the reply carries the documents; null: no
 * @param rankFields which fields of an object make its text, in this order; null: all
 * @param truncate what to do with a query or document over the model's limit; null: cut off the end
 * @param maxTokensPerDoc Cohere's limit of tokens a document, special tokens aside; null: none but the model's
 * @param maxChunksPerDoc a document that is too long for the model is scored in at most so many windows, and the best one
 *     counts; null: it is cut
 * @param overlap how many tokens of a window are repeated in the next; null: none. Only with {@code maxChunksPerDoc}
 * @param instruction what counts as relevant, for models that are asked by a prompt; null: as they were trained
 * @param rawScores whether a reranker's scores are its logits, without the activation that is declared for them; null: no
 * @param normalize whether a reranker's scores are to be between 0 and 1, where its own are raw logits; null: no
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record RerankRequest(
        @Required String model,
        @Required String query,
        @Required List<RerankDocument> documents,
        @Nullable Integer topN,
        @Nullable Boolean returnDocuments,
        @JsonSetter(contentNulls = Nulls.FAIL) @Nullable List<String> rankFields,
        @Nullable TruncateMode truncate,
        @Nullable Integer maxTokensPerDoc,
        @Nullable Integer maxChunksPerDoc,
        @Nullable Integer overlap,
        @Nullable String instruction,
        @Nullable Boolean rawScores,
        @Nullable Boolean normalize) {
    public RerankRequest {
        requireNonNull(model, "model is null");
        requireNonNull(query, "query is null");
        documents = List.copyOf(documents);
    }
}
