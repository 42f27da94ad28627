package ai.tutti.server;

import ai.tutti.api.ModelInfo;
import ai.tutti.api.SupportedModel;
import ai.tutti.hub.CatalogueEntry;
import java.time.Instant;
import java.util.List;
import java.util.Locale;

/** Served models as the lists show them. An alias is an entry of its own that says which model answers. */
final class ModelInfos {
    private ModelInfos() {}

    /** The entry of Together's and OpenAI's lists for a name. */
    static ModelInfo info(String name, ModelStatus model, Instant since) {
        CatalogueEntry entry = model.entry();
        return new ModelInfo(
                name,
                "model",
                since.getEpochSecond(),
                entry.organization(),
                type(model),
                displayName(name, model),
                entry.organization(),
                entry.link(),
                entry.license(),
                model.maxTokens(),
                ModelInfo.Pricing.FREE,
                model.dimensions(),
                model.precision().wireName(),
                model.name(),
                model.scoreDescription(),
                model.state() == ModelState.LOADED,
                model.state().wireName(),
                model.note());
    }

    /** The entry of Together's newer list for a name. */
    static SupportedModel supported(String name, ModelStatus model, Instant since) {
        return new SupportedModel(
                name,
                name,
                displayName(name, model),
                type(model),
                model.entry().organization(),
                "SUPPORTED_MODEL_STATUS_SUPPORTED",
                switch (model.entry().kind()) {
                    case EMBEDDING -> List.of("CAPABILITY_EMBEDDING", "CAPABILITY_RERANKING");
                    case RERANK -> List.of("CAPABILITY_RERANKING");
                },
                List.of("MODALITY_TEXT"),
                List.of(),
                List.of("PRODUCT_SERVERLESS"),
                List.of(),
                model.name(),
                model.name(),
                since.toString(),
                since.toString(),
                Integer.toString(model.maxTokens()),
                description(model));
    }

    /** The entry of Together's and OpenAI's lists for a name that the chat upstream answers to. */
    static ModelInfo chat(String name, ChatSettings chat, Instant since) {
        return new ModelInfo(
                name,
                "model",
                since.getEpochSecond(),
                chat.where(),
                "chat",
                name + " (answered by " + chat.servedBy(name) + ")",
                chat.where(),
                null,
                null,
                null,
                ModelInfo.Pricing.FREE,
                null,
                null,
                chat.servedBy(name),
                null,
                null,
                null,
                null);
    }

    /** The entry of Together's newer list for a name that the chat upstream answers to. */
    static SupportedModel supportedChat(String name, ChatSettings chat, Instant since) {
        return new SupportedModel(
                name,
                name,
                name + " (answered by " + chat.servedBy(name) + ")",
                "chat",
                chat.where(),
                "SUPPORTED_MODEL_STATUS_SUPPORTED",
                List.of("CAPABILITY_CHAT"),
                List.of("MODALITY_TEXT"),
                List.of("MODALITY_TEXT"),
                List.of("PRODUCT_SERVERLESS"),
                List.of(),
                chat.servedBy(name),
                chat.servedBy(name),
                since.toString(),
                since.toString(),
                null,
                "Answered by another server, to which Tutti passes chat completions on");
    }

    private static String description(ModelStatus model) {
        String served = "Served by Tutti in " + model.precision().wireName();
        return model.dimensions() == null ? served : served + ", vectors of " + model.dimensions() + " dimensions";
    }

    private static String type(ModelStatus model) {
        return model.entry().kind().name().toLowerCase(Locale.ROOT);
    }

    private static String displayName(String name, ModelStatus model) {
        String own = model.entry().displayName();
        return name.equals(model.name()) ? own : name + " (served by " + own + ")";
    }
}
