package ai.tutti.engine.text;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What has to be known about a {@code tokenizer.json} besides what the native tokenizer makes of it. The vocabulary, up to
 * 250,000 entries, is walked over and not kept.
 *
 * @param modelType for instance {@code WordPiece}, {@code BPE}, {@code Unigram}
 * @param vocabularySize the highest id and one
 * @param maxWordChars characters a WordPiece word may have before it becomes unknown
 * @param normalizer the normaliser's definition, possibly JSON null
 * @param preTokenizer the pre-tokenizer's definition, possibly JSON null
 * @param addedTokens the tokens that are found in the raw text
 */
record TokenizerFile(
        String modelType,
        int vocabularySize,
        int maxWordChars,
        JsonNode normalizer,
        JsonNode preTokenizer,
        List<AddedToken> addedTokens) {
    /**
     * A token that is found in the raw text.
     *
     * @param singleWord whether it is only found between characters that are no letters
     * @param stripsRight whether white space behind it goes with it
     */
    record AddedToken(String content, boolean singleWord, boolean stripsRight) {}

    private static final JsonMapper MAPPER = JsonMapper.shared();

    static TokenizerFile parse(Path file, String json) throws IOException {
        Builder builder = new Builder();
        try (JsonParser parser = MAPPER.createParser(json)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw new IOException(file + " is not a tokenizer.json: it does not begin with an object");
            }
            Set<String> keys = new HashSet<>();
            for (String key = parser.nextName(); key != null; key = parser.nextName()) {
                if (!keys.add(key)) {
                    throw new IOException("%s has the key \"%.100s\" twice".formatted(file, key));
                }
                parser.nextToken();
                builder.read(key, parser);
            }
        } catch (JacksonException e) {
            throw new IOException(file + " is not valid JSON: " + e.getOriginalMessage(), e);
        }
        Charsmap.check(file, builder.normalizer);
        TemplateCheck.check(file, builder.postProcessor);
        return builder.build();
    }

    private static final class Builder {
        private String modelType = "";
        private int maxId = -1;
        private int maxWordChars = 100;
        private JsonNode normalizer = MAPPER.nullNode();
        private JsonNode preTokenizer = MAPPER.nullNode();
        private JsonNode postProcessor = MAPPER.nullNode();
        private final List<AddedToken> addedTokens = new ArrayList<>();

        void read(String key, JsonParser parser) {
            switch (key) {
                case "normalizer" -> normalizer = parser.readValueAsTree();
                case "post_processor" -> postProcessor = parser.readValueAsTree();
                case "pre_tokenizer" -> preTokenizer = parser.readValueAsTree();
                case "added_tokens" -> readAddedTokens(parser.readValueAsTree());
                case "model" -> readModel(parser);
                default -> parser.skipChildren();
            }
        }

        private void readAddedTokens(JsonNode tokens) {
            for (JsonNode token : tokens) {
                addedTokens.add(new AddedToken(
                        token.path("content").asString(""),
                        token.path("single_word").asBoolean(false),
                        token.path("rstrip").asBoolean(false)));
                maxId = Math.max(maxId, token.path("id").asInt(-1));
            }
        }

        private void readModel(JsonParser parser) {
            if (!parser.hasToken(JsonToken.START_OBJECT)) {
                parser.skipChildren();
                return;
            }
            for (String key = parser.nextName(); key != null; key = parser.nextName()) {
                JsonToken token = parser.nextToken();
                switch (key) {
                    case "type" -> modelType = token == JsonToken.VALUE_STRING ? parser.getString() : "";
                    case "max_input_chars_per_word" -> maxWordChars =
                            token == JsonToken.VALUE_NUMBER_INT ? parser.getIntValue() : maxWordChars;
                    case "vocab" -> readVocabulary(parser, token);
                    default -> parser.skipChildren();
                }
            }
        }

        /** Either {@code {"token": id, …}} or, for Unigram, {@code [["token", score], …]} in the order of ids. */
        private void readVocabulary(JsonParser parser, JsonToken start) {
            int row = 0;
            int depth = 1;
            while (start.isStructStart() && depth > 0) {
                JsonToken token = parser.nextToken();
                if (token.isStructStart()) {
                    depth++;
                    row++;
                } else if (token.isStructEnd()) {
                    depth--;
                } else if (start == JsonToken.START_OBJECT && token == JsonToken.VALUE_NUMBER_INT) {
                    maxId = Math.max(maxId, parser.getIntValue());
                }
            }
            if (start == JsonToken.START_ARRAY) {
                maxId = Math.max(maxId, row - 1);
            }
        }

        TokenizerFile build() {
            return new TokenizerFile(
                    modelType, maxId + 1, maxWordChars, normalizer, preTokenizer, List.copyOf(addedTokens));
        }
    }
}
