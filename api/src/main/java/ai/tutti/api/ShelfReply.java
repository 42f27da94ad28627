package ai.tutti.api;

import java.util.List;

/**
 * The answer of {@code GET /admin/models}: all served models and the memory that they share.
 *
 * @param budgetBytes the most native memory that the weights of all loaded models may take together
 * @param usedBytes what they take now; a model that is being loaded counts
 * @param models in the order in which they were named
 */
public record ShelfReply(long budgetBytes, long usedBytes, List<ShelfModel> models) {
    public ShelfReply {
        models = List.copyOf(models);
    }
}
