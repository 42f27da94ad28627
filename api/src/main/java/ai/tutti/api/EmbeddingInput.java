package ai.tutti.api;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.List;
import tools.jackson.databind.annotation.JsonDeserialize;

/** What is to be embedded: one text, several, or token ids that the caller made. */
@JsonDeserialize(using = EmbeddingInputDeserializer.class)
public sealed interface EmbeddingInput {
    /** One text; the empty one is valid. */
    record Text(@JsonValue String text) implements EmbeddingInput {
        public Text {
            requireNonNull(text, "text is null");
        }
    }

    /** Several texts. */
    record Texts(@JsonValue List<String> texts) implements EmbeddingInput {
        public Texts {
            requireNonNull(texts, "texts is null");
        }
    }

    /** One text as token ids. */
    record Tokens(@JsonValue int[] ids) implements EmbeddingInput {
        public Tokens {
            requireNonNull(ids, "ids is null");
        }
    }

    /** Several texts as token ids. */
    record TokenLists(@JsonValue List<int[]> ids) implements EmbeddingInput {
        public TokenLists {
            requireNonNull(ids, "ids is null");
        }
    }
}
