package ai.tutti.engine;

import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A prompt's text with places for what the caller wrote: {@code query: {query}}. */
final class PromptText {
    static final String INSTRUCTION = "{instruction}";
    static final String QUERY = "{query}";
    static final String DOCUMENT = "{document}";

    private static final Pattern PLACES = Pattern.compile("\\{(?:instruction|query|document)}");

    private PromptText() {}

    /**
     * Checks that a text has a place exactly once.
     *
     * @throws IllegalArgumentException when it has not
     */
    static void require(String text, String field, String place) {
        int at = text.indexOf(place);
        if (at < 0 || text.indexOf(place, at + 1) >= 0) {
            throw new IllegalArgumentException("%s must hold %s once".formatted(field, place));
        }
    }

    /** Fills all places at once: what is put in is not looked at again. */
    static String fill(String text, Map<String, String> values) {
        return PLACES.matcher(text)
                .replaceAll(place -> Matcher.quoteReplacement(values.getOrDefault(place.group(), place.group())));
    }

    /** What stands in front of a place, without the white space that tokenizers draw to the word behind it. */
    static String lead(String text, String place) {
        return front(text, place).stripTrailing();
    }

    /** What stands in front of a place. */
    static String front(String text, String place) {
        return text.substring(0, text.indexOf(place));
    }

    /** What stands behind a place. */
    static String tail(String text, String place) {
        return text.substring(text.indexOf(place) + place.length());
    }
}
