package ai.tutti.api;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.annotation.JsonNaming;

/**
 * A model in {@code GET /v2/supported-models}, the list of Together's third Python SDK; {@code camelCase} on the wire.
 *
 * @param id the name to ask for
 * @param name the same
 * @param displayName the name for people
 * @param displayType {@code embedding}, {@code rerank} or {@code chat}
 * @param publisher who made it
 * @param status always {@code SUPPORTED_MODEL_STATUS_SUPPORTED}
 * @param capabilities {@code CAPABILITY_EMBEDDING}, {@code CAPABILITY_RERANKING}, {@code CAPABILITY_CHAT}
 * @param inputModalities always text
 * @param outputModalities text for a chat model, else empty, since vectors and scores are none of Together's modalities
 * @param products always serverless: a request needs nothing but the name
 * @param deploymentProfiles always empty
 * @param baseModel the model that really answers
 * @param baseModelId the same
 * @param createdAt ISO 8601
 * @param updatedAt ISO 8601
 * @param contextLength the longest text in tokens, as a string
 * @param description one sentence for people
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonNaming(PropertyNamingStrategies.LowerCamelCaseStrategy.class)
public record SupportedModel(
        @Required String id,
        String name,
        String displayName,
        String displayType,
        String publisher,
        String status,
        List<String> capabilities,
        List<String> inputModalities,
        List<String> outputModalities,
        List<String> products,
        List<String> deploymentProfiles,
        String baseModel,
        String baseModelId,
        String createdAt,
        String updatedAt,
        @Nullable String contextLength,
        @Nullable String description) {
    public SupportedModel {
        requireNonNull(id, "id is null");
    }
}
