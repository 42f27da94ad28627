package ai.tutti.server;

/** {@code GET /admin/models/{id}}: whether a model is in memory. */
record ShelfModelEndpoint(Models models) implements Endpoint {
    @Override
    public void answer(Call call) {
        call.reply(ShelfEndpoint.model(models.require().status(call.pathRest())));
    }
}
