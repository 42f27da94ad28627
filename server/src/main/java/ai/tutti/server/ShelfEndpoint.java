package ai.tutti.server;

import ai.tutti.api.ShelfModel;
import ai.tutti.api.ShelfReply;

/** {@code GET /admin/models}: which models are in memory, and what they take there. */
record ShelfEndpoint(Models models) implements Endpoint {
    @Override
    public void answer(Call call) {
        ModelRegistry registry = models.require();
        call.reply(new ShelfReply(
                registry.shelf().budget(),
                registry.shelf().used(),
                registry.statuses().stream().map(ShelfEndpoint::model).toList()));
    }

    static ShelfModel model(ModelStatus status) {
        return new ShelfModel(
                status.name(),
                status.aliases(),
                status.state().wireName(),
                status.precision().wireName(),
                status.weightBytes(),
                status.inUse(),
                status.loads(),
                status.loads() == 0 ? null : status.loadSeconds(),
                status.fault());
    }
}
