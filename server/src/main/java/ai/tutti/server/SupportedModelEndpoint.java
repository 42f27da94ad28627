package ai.tutti.server;

/** {@code GET /v2/supported-models/{id}}. */
record SupportedModelEndpoint(Listing listing) implements Endpoint {
    @Override
    public void answer(Call call) {
        call.reply(listing.supported(call.pathRest()));
    }
}
