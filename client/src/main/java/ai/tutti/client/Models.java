package ai.tutti.client;

import ai.tutti.api.ModelInfo;
import ai.tutti.api.ModelList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import tools.jackson.databind.JsonNode;

/** What is served. */
public final class Models {
    private final Transport transport;

    Models(Transport transport) {
        this.transport = transport;
    }

    /**
     * All models that may be asked for.
     *
     * @throws TuttiException when the service cannot be reached or answers with an error
     */
    public List<ModelInfo> list() {
        return Await.result(listAsync());
    }

    /** The same without waiting; fails with the same exceptions. Cancelling ends what is under way. */
    public CompletableFuture<List<ModelInfo>> listAsync() {
        return transport.get("models", reply -> read(reply.body()));
    }

    /** Together's bare list, or OpenAI's in an object. */
    private static List<ModelInfo> read(byte[] json) {
        return Wire.read(json, JsonNode.class).isObject()
                ? Wire.read(json, ModelList.class).data()
                : List.of(Wire.read(json, ModelInfo[].class));
    }
}
