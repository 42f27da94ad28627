package ai.tutti.engine.text;

import java.io.IOException;
import java.nio.file.Path;
import tools.jackson.databind.JsonNode;

/**
 * Checks the templates that put special tokens around a text, before the native tokenizer gets them: it ends the process at
 * the first text when one asks for a token that is not described, or for a second text where there is one.
 */
final class TemplateCheck {
    private TemplateCheck() {}

    /**
     * Checks every template of a post-processor.
     *
     * @param file for messages
     * @throws IOException with one line about the file when one cannot be used
     */
    static void check(Path file, JsonNode processor) throws IOException {
        for (String key : new String[] {"single", "pair"}) {
            for (JsonNode piece : processor.path(key)) {
                String special = piece.path("SpecialToken").path("id").asString("");
                if (piece.has("SpecialToken") && !processor.path("special_tokens").has(special)) {
                    throw new IOException("%s is broken, its template asks for the token \"%.100s\", which is not described"
                            .formatted(file, special));
                }
                if (key.equals("single") && piece.path("Sequence").path("id").asString("A").equals("B")) {
                    throw new IOException(file + " is broken, its template for one text asks for a second");
                }
            }
        }
        for (JsonNode part : processor.path("processors")) {
            check(file, part);
        }
    }
}
