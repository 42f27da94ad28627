package ai.tutti.server;

import java.time.Instant;

/** {@code GET /v1/models/{id}}. */
record ModelEndpoint(Models models, Instant since) implements Endpoint {
    @Override
    public void answer(Call call) {
        String name = call.pathRest();
        call.reply(ModelInfos.info(name, models.require().status(name), since));
    }
}
