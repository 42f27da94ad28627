package ai.tutti.server;

/** {@code GET /v1/models/{id}}. */
record ModelEndpoint(Listing listing) implements Endpoint {
    @Override
    public void answer(Call call) {
        call.reply(listing.info(call.pathRest()));
    }
}
