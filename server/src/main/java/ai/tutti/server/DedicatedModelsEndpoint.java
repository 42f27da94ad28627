package ai.tutti.server;

import ai.tutti.api.DedicatedModel;

/** {@code GET /v1/autoscale/models}: all that is served, since all of it runs on a machine of the user's own. */
record DedicatedModelsEndpoint(Models models) implements Endpoint {
    @Override
    public void answer(Call call) {
        call.reply(models.require().names().stream().map(DedicatedModel::new).toList());
    }
}
