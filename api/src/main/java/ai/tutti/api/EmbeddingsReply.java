package ai.tutti.api;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.annotation.JsonDeserialize;

/**
 * The answer to {@link EmbeddingsRequest}.
 *
 * @param object always {@code list}
 * @param model the name that was asked for
 * @param data a vector each text, in the order of the texts
 * @param usage what was computed; Together's own service leaves it out
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record EmbeddingsReply(
        String object, @Required String model, @Required List<Embedding> data, @Nullable EmbeddingsUsage usage) {
    public EmbeddingsReply {
        requireNonNull(model, "model is null");
        data = List.copyOf(data);
    }

    /**
     * One text's vector.
     *
     * @param object always {@code embedding}
     * @param index the text's place in the request
     * @param embedding {@code [dimensions]}; read from a list of numbers or from base64 of little-endian floats
     */
    public record Embedding(
            String object, int index, @Required @JsonDeserialize(using = VectorDeserializer.class) float[] embedding) {
        public Embedding {
            requireNonNull(embedding, "embedding is null");
        }
    }
}
