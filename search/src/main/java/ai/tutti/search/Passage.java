package ai.tutti.search;

import static java.util.Objects.requireNonNull;

import java.util.Map;

/**
 * A piece of a document, short enough for the model: what is embedded, found and quoted.
 *
 * @param id its name, its own in the whole store; at most {@value #MAX_ID} characters
 * @param documentId the document's name
 * @param start where it begins in the document, in characters (UTF-16, as {@link String#charAt} counts)
 * @param end where it ends, exclusive
 * @param text what it says; NUL and unpaired surrogates become U+FFFD
 * @param metadata what else is known, to be filtered by: text of at most {@value Metadata#MAX_TEXT} characters, whole numbers
 *     (to 2^53), decimals or booleans by name; numbers come back as {@code Long} or {@code Double}
 */
public record Passage(String id, String documentId, int start, int end, String text, Map<String, Object> metadata) {
    /** The longest name in characters. */
    public static final int MAX_ID = 800;

    public Passage {
        Ids.require("passage", id, MAX_ID);
        Ids.require("document", documentId, MAX_ID);
        if (start < 0 || end < start) {
            throw new IllegalArgumentException("passage %s cannot lie from %d to %d".formatted(Texts.shown(id), start, end));
        }
        text = Texts.storable(requireNonNull(text, "text is null"));
        metadata = Metadata.copy(metadata);
    }

    /** A text that is a document and its only passage. */
    public static Passage of(String id, String text) {
        return new Passage(id, id, 0, text.length(), text, Map.of());
    }
}
