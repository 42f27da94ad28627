package ai.tutti.server;

import ai.tutti.api.ModelInfo;
import ai.tutti.api.ModelList;
import java.time.Instant;
import java.util.List;

/** {@code GET /v1/models}. */
record ModelsEndpoint(Models models, Instant since) implements Endpoint {
    @Override
    public void answer(Call call) {
        ModelRegistry registry = models.require();
        List<ModelInfo> infos = registry.names().stream()
                .map(name -> ModelInfos.info(name, registry.status(name), since))
                .toList();
        boolean openAiHeaders = call.header("openai-organization") != null || call.header("openai-project") != null;
        switch (ModelListShape.of(call.header("user-agent"), openAiHeaders)) {
            case TOGETHER -> call.reply(infos);
            case OPENAI -> call.reply(ModelList.of(infos));
        }
    }
}
