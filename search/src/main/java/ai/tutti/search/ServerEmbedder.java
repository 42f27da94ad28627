package ai.tutti.search;

import static java.util.Objects.requireNonNull;

import ai.tutti.api.EmbeddingsReply;
import ai.tutti.api.ModelInfo;
import ai.tutti.client.EmbeddingCreateParams;
import ai.tutti.client.Tutti;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A model behind a server: Tutti's, or Together's own. Tutti is told what the texts are, so that prompts apply; other services do
 * not know that field.
 */
public final class ServerEmbedder implements Embedder {
    /** What BERTs take; for servers that do not say. */
    private static final int USUAL_MAX_TOKENS = 512;

    /** Special tokens and a prompt, for the estimate. */
    private static final int AROUND = 16;

    private final Tutti client;
    private final String model;
    private final boolean takesInputType;
    private final int maxTokens;
    private final int dimensions;
    private final AtomicLong truncated = new AtomicLong();

    private ServerEmbedder(Tutti client, String model, @Nullable ModelInfo info) {
        this.client = client;
        this.model = model;
        this.takesInputType = info != null && info.state() != null;
        this.maxTokens = info == null || info.contextLength() == null ? USUAL_MAX_TOKENS : info.contextLength();
        this.dimensions = request(List.of("How long is a vector?"), InputKind.QUERY).data().getFirst().embedding().length;
    }

    /**
     * Asks the server what it knows of the model, and for a first vector.
     *
     * @throws ai.tutti.client.TuttiException when it cannot be reached or does not serve the model
     */
    public static ServerEmbedder connect(Tutti client, String model) {
        requireNonNull(model, "model is null");
        var info = client.models().list().stream()
                .filter(served -> served.id().equals(model))
                .findFirst()
                .orElse(null);
        return new ServerEmbedder(client, model, info);
    }

    @Override
    public String model() {
        return model;
    }

    @Override
    public int dimensions() {
        return dimensions;
    }

    @Override
    public int maxTokens() {
        return maxTokens;
    }

    @Override
    public float[][] embed(List<String> texts, InputKind kind) {
        if (texts.isEmpty()) {
            return new float[0][];
        }
        var reply = request(texts, kind);
        if (reply.usage() != null) {
            truncated.addAndGet(reply.usage().truncatedTokens());
        }
        return reply.data().stream().map(EmbeddingsReply.Embedding::embedding).toArray(float[][]::new);
    }

    private EmbeddingsReply request(List<String> texts, InputKind kind) {
        var params = EmbeddingCreateParams.builder().model(model).input(texts);
        return client.embeddings().create((takesInputType ? params.inputType(kind.inputType()) : params).build());
    }

    @Override
    public int countTokens(String text) {
        return TokenEstimate.of(text) + AROUND;
    }

    @Override
    public long truncatedTokens() {
        return truncated.get();
    }
}
