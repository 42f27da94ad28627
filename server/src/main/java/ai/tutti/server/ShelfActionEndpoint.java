package ai.tutti.server;

/**
 * {@code POST /admin/models/{id}/load} and {@code …/unload}. Answers when it is done. A name may hold slashes; the path's last
 * part is what to do.
 */
record ShelfActionEndpoint(Models models) implements Endpoint {
    @Override
    public void answer(Call call) throws InterruptedException {
        ModelRegistry registry = models.require();
        String path = call.pathRest();
        int slash = path.lastIndexOf('/');
        Slot slot = registry.slot(path.substring(0, Math.max(0, slash)));
        switch (path.substring(slash + 1)) {
            case "load" -> registry.shelf().borrow(slot).close();
            case "unload" -> registry.shelf().unload(slot);
            default -> throw Errors.unknownPath("POST", "/admin/models/" + path);
        }
        call.reply(ShelfEndpoint.model(registry.shelf().status(slot)));
    }
}
