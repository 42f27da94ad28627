package ai.tutti.search;

import static java.util.Objects.requireNonNull;

import java.util.Map;

/**
 * A text to be found, whole.
 *
 * @param id its name: a path, an address, a key; at most {@value #MAX_ID} characters
 * @param text what it says
 * @param metadata as {@link Passage#metadata}; each of its passages gets them
 */
public record Document(String id, String text, Map<String, Object> metadata) {
    /** The longest name in characters. */
    public static final int MAX_ID = 780;

    public Document {
        Ids.require("document", id, MAX_ID);
        requireNonNull(text, "text is null");
        metadata = Metadata.copy(metadata);
    }

    public Document(String id, String text) {
        this(id, text, Map.of());
    }
}
