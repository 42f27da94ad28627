package ai.tutti.server;

import java.time.Instant;

/** {@code GET /v2/supported-models/{id}}. */
record SupportedModelEndpoint(Models models, Instant since) implements Endpoint {
    @Override
    public void answer(Call call) {
        String name = call.pathRest();
        call.reply(ModelInfos.supported(name, models.require().status(name), since));
    }
}
