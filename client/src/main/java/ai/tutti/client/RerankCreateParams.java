package ai.tutti.client;

import static java.util.Objects.requireNonNull;

import ai.tutti.api.Json;
import ai.tutti.api.RerankDocument;
import ai.tutti.api.TruncateMode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * What to rank. Together's own service refuses fields that it does not know; null fields are not sent.
 *
 * @param model the name of a served model
 * @param query what is looked for
 * @param documents what is ranked, as many as you like; texts and objects may be mixed
 * @param topN only so many of the best; null or more than there are: all
 * @param returnDocuments whether the reply carries the documents; null: no
 * @param rankFields which fields of an object make its text, in this order; null: all
 * @param truncate what to do with a query or document over the model's limit; null: cut off the end
 * @param maxTokensPerDoc a limit of tokens a document, special tokens aside; null: none but the model's
 * @param maxChunksPerDoc a document that is too long for the model is scored in at most so many windows, and the best one
 *     counts; null: it is cut
 * @param overlap how many tokens of a window are repeated in the next; null: none. Only with {@code maxChunksPerDoc}
 * @param instruction what counts as relevant, for models that are asked by a prompt; null: as they were trained
 * @param rawScores whether a reranker's scores are its logits, without the activation that is declared for them; null: no
 * @param normalize whether a reranker's scores are to be between 0 and 1, where its own are raw logits; null: no
 * @param extras further fields of the request; one of a known name takes that one's place
 */
public record RerankCreateParams(
        String model,
        String query,
        List<RerankDocument> documents,
        @Nullable Integer topN,
        @Nullable Boolean returnDocuments,
        @Nullable List<String> rankFields,
        @Nullable TruncateMode truncate,
        @Nullable Integer maxTokensPerDoc,
        @Nullable Integer maxChunksPerDoc,
        @Nullable Integer overlap,
        @Nullable String instruction,
        @Nullable Boolean rawScores,
        @Nullable Boolean normalize,
        Map<String, @Nullable Object> extras) {
    public RerankCreateParams {
        requireNonNull(model, "model is null");
        requireNonNull(query, "query is null");
        documents = List.copyOf(documents);
        rankFields = rankFields == null ? null : List.copyOf(rankFields);
        extras = Extras.copy(extras);
    }

    /** Just texts to rank by a query. */
    public static RerankCreateParams of(String model, String query, List<String> documents) {
        return builder().model(model).query(query).documents(documents).build();
    }

    public static Builder builder() {
        return new Builder();
    }

    /** Builds {@link RerankCreateParams}. */
    public static final class Builder {
        private @Nullable String model;
        private @Nullable String query;
        private final List<RerankDocument> documents = new ArrayList<>();
        private @Nullable Integer topN;
        private @Nullable Boolean returnDocuments;
        private @Nullable List<String> rankFields;
        private @Nullable TruncateMode truncate;
        private @Nullable Integer maxTokensPerDoc;
        private @Nullable Integer maxChunksPerDoc;
        private @Nullable Integer overlap;
        private @Nullable String instruction;
        private @Nullable Boolean rawScores;
        private @Nullable Boolean normalize;
        private final Map<String, @Nullable Object> extras = new LinkedHashMap<>();

        private Builder() {}

        public Builder model(String name) {
            model = name;
            return this;
        }

        public Builder query(String text) {
            query = text;
            return this;
        }

        /** Adds texts. */
        public Builder documents(String... texts) {
            return documents(List.of(texts));
        }

        /** Adds texts. */
        public Builder documents(List<String> texts) {
            texts.forEach(this::document);
            return this;
        }

        /** Adds a text. */
        public Builder document(String text) {
            documents.add(new RerankDocument.Text(text));
            return this;
        }

        /** Adds an object; its keys keep their order, its values may be whatever JSON knows. */
        public Builder document(Map<String, ?> fields) {
            ObjectNode tree = Json.mapper().valueToTree(fields);
            documents.add(new RerankDocument.Fields(tree));
            return this;
        }

        public Builder topN(int best) {
            topN = best;
            return this;
        }

        public Builder returnDocuments(boolean wanted) {
            returnDocuments = wanted;
            return this;
        }

        public Builder rankFields(String... names) {
            return rankFields(List.of(names));
        }

        public Builder rankFields(List<String> names) {
            rankFields = names;
            return this;
        }

        public Builder truncate(TruncateMode mode) {
            truncate = mode;
            return this;
        }

        public Builder maxTokensPerDoc(int tokens) {
            maxTokensPerDoc = tokens;
            return this;
        }

        public Builder maxChunksPerDoc(int windows) {
            maxChunksPerDoc = windows;
            return this;
        }

        public Builder overlap(int tokens) {
            overlap = tokens;
            return this;
        }

        public Builder instruction(String text) {
            instruction = text;
            return this;
        }

        public Builder rawScores(boolean wanted) {
            rawScores = wanted;
            return this;
        }

        public Builder normalize(boolean wanted) {
            normalize = wanted;
            return this;
        }

        /** A further field; its value is written as JSON: text, number, boolean, list, map or null. */
        public Builder extra(String name, @Nullable Object value) {
            extras.put(name, value);
            return this;
        }

        /**
         * The request.
         *
         * @throws NullPointerException without {@code model} or {@code query}
         */
        public RerankCreateParams build() {
            return new RerankCreateParams(
                    requireNonNull(model, "model is missing"),
                    requireNonNull(query, "query is missing"),
                    documents,
                    topN,
                    returnDocuments,
                    rankFields,
                    truncate,
                    maxTokensPerDoc,
                    maxChunksPerDoc,
                    overlap,
                    instruction,
                    rawScores,
                    normalize,
                    extras);
        }
    }
}
