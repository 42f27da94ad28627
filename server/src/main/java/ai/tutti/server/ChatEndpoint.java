package ai.tutti.server;

import ai.tutti.api.ForwardedChatRequest;
import ai.tutti.api.Json;
import org.jspecify.annotations.Nullable;

/**
 * {@code POST /v1/chat/completions}. Answers are the upstream's: of the request only the model's name is understood.
 *
 * @param upstream who answers; null: nobody
 */
record ChatEndpoint(Models models, @Nullable ChatUpstream upstream) implements Endpoint {
    @Override
    public void answer(Call call) throws InterruptedException {
        byte[] request = call.body();
        String model = model(request);
        if (upstream == null) {
            throw ChatErrors.off();
        }
        if (!upstream.knows(model)) {
            refuseVectorModels(model);
        }
        upstream.answer(call, request, model);
    }

    /** Which model a request asks for. The conversation that is parsed for that is not kept while it is answered. */
    private static String model(byte[] request) {
        ForwardedChatRequest asked = Json.read(request, ForwardedChatRequest.class);
        if (asked.messages().isEmpty()) {
            throw Errors.invalid("messages", "`messages` is an empty list; send at least one message");
        }
        return asked.model();
    }

    /** A model of this server's cannot chat, and the upstream would only say that it is unknown. */
    private void refuseVectorModels(String name) {
        ModelRegistry registry = models.ifLoaded();
        if (registry != null && registry.serves(name)) {
            throw ChatErrors.cannotChat(name);
        }
    }
}
