package ai.tutti.server;

import ai.tutti.api.ModelInfo;
import ai.tutti.api.ModelList;
import java.util.List;

/** {@code GET /v1/models}. */
record ModelsEndpoint(Listing listing) implements Endpoint {
    @Override
    public void answer(Call call) {
        List<ModelInfo> infos = listing.names().stream().map(listing::info).toList();
        boolean openAiHeaders = call.header("openai-organization") != null || call.header("openai-project") != null;
        switch (ModelListShape.of(call.header("user-agent"), openAiHeaders)) {
            case TOGETHER -> call.reply(infos);
            case OPENAI -> call.reply(ModelList.of(infos));
        }
    }
}
