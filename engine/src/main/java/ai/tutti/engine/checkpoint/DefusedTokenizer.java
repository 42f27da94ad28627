package ai.tutti.engine.checkpoint;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Predicate;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Makes a tokenizer for what strangers write into a prompt. In a prompt for a language model the special tokens are the
 * punctuation between its parts; a document that could write {@code <|im_end|>} could end its own part and go on in the
 * model's name. So the tokens that mean something to the model are taken out of the list of those that are looked for in the
 * text, and their text is tokenised like any other. Everything else stays as it is: a text without such a token has the ids
 * that it always had.
 *
 * <p>Hugging Face's library has a switch for this ({@code encode_special_tokens}), which its Java binding lacks. It numbers
 * added tokens by their order, so those that stay are written into the vocabulary with the ids that they had. No merge leads
 * to them there; they are found as added tokens alone, as before.
 */
final class DefusedTokenizer {
    private DefusedTokenizer() {}

    /**
     * Takes the special tokens out of a tokenizer, and of the other added tokens those that the prompt itself is made of
     * ({@code <think>}, which Qwen3 does not call special).
     *
     * @param file where the tokenizer was read, for messages
     * @param tokenizer the content of its {@code tokenizer.json}; is changed
     * @param settings its {@code tokenizer_config.json}, which may call more tokens special; need not exist
     * @param prompt the prompt's own text
     */
    static JsonNode of(Path file, JsonNode tokenizer, Path settings, String prompt) {
        Set<String> special = special(settings);
        Predicate<JsonNode> marks = token -> token.path("special").asBoolean(false)
                || special.contains(content(token))
                || (isMarkup(content(token)) && prompt.contains(content(token)));
        if (!(tokenizer.path("added_tokens") instanceof ArrayNode added)) {
            return tokenizer;
        }
        ArrayNode kept = ((ObjectNode) tokenizer).putArray("added_tokens");
        for (JsonNode token : added) {
            if (!marks.test(token)) {
                keepId(file, tokenizer.path("model").path("vocab"), token);
                kept.add(token);
            }
        }
        return tokenizer;
    }

    private static void keepId(Path file, JsonNode vocabulary, JsonNode token) {
        int id = token.path("id").asInt(-1);
        if (vocabulary instanceof ObjectNode entries) {
            entries.put(content(token), id);
        } else if (!vocabulary.path(id).path(0).asString("").equals(content(token))) {
            throw new ModelLoadException(
                    "%s cannot be used in a prompt: its added token \"%s\" stands outside a vocabulary that is a list"
                            .formatted(file, OneLine.of(content(token))));
        }
    }

    private static String content(JsonNode token) {
        return token.path("content").asString("");
    }

    /** Not plain white space or words, of which some vocabularies have added tokens, too. */
    private static boolean isMarkup(String content) {
        return content.codePoints().anyMatch(c -> !Character.isLetterOrDigit(c) && !Character.isWhitespace(c));
    }

    private static Set<String> special(Path settings) {
        Set<String> special = new HashSet<>();
        if (Files.exists(settings)) {
            for (JsonNode token : JsonFile.read(settings).path("added_tokens_decoder")) {
                if (token.path("special").asBoolean(false)) {
                    special.add(content(token));
                }
            }
        }
        return special;
    }
}
