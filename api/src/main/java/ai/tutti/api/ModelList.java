package ai.tutti.api;

import java.util.List;

/**
 * OpenAI's list of models. Together's is the bare array of {@link ModelInfo}.
 *
 * @param object always {@code list}
 * @param data the models
 */
public record ModelList(String object, List<ModelInfo> data) {
    public ModelList {
        data = List.copyOf(data);
    }

    public static ModelList of(List<ModelInfo> models) {
        return new ModelList("list", models);
    }
}
