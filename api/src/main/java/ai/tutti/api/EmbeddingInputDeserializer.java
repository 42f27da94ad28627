package ai.tutti.api;

import ai.tutti.api.EmbeddingInput.Text;
import ai.tutti.api.EmbeddingInput.Texts;
import ai.tutti.api.EmbeddingInput.TokenLists;
import ai.tutti.api.EmbeddingInput.Tokens;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.ValueDeserializer;

/** The first element of a list decides what the others must be. */
final class EmbeddingInputDeserializer extends ValueDeserializer<EmbeddingInput> {
    private static final String TEXT = "a string";
    private static final String TOKEN = "a token id (a whole number of at most 32 bits)";

    @Override
    public EmbeddingInput deserialize(JsonParser parser, DeserializationContext context) {
        return switch (parser.currentToken()) {
            case VALUE_STRING -> new Text(parser.getString());
            case START_ARRAY ->
                switch (parser.nextToken()) {
                    case END_ARRAY -> new Texts(List.of());
                    case VALUE_NUMBER_INT -> new Tokens(tokens(parser));
                    case START_ARRAY -> new TokenLists(tokenLists(parser));
                    default -> new Texts(texts(parser));
                };
            default -> throw new UnexpectedValueException(parser, "a string or a list of strings");
        };
    }

    private static List<String> texts(JsonParser parser) {
        List<String> texts = new ArrayList<>();
        for (JsonToken token = parser.currentToken(); token != JsonToken.END_ARRAY; token = parser.nextToken()) {
            if (token != JsonToken.VALUE_STRING) {
                throw UnexpectedValueException.element(parser, TEXT, texts, texts.size());
            }
            texts.add(parser.getString());
        }
        return texts;
    }

    private static List<int[]> tokenLists(JsonParser parser) {
        List<int[]> lists = new ArrayList<>();
        for (JsonToken token = parser.currentToken(); token != JsonToken.END_ARRAY; token = parser.nextToken()) {
            if (token != JsonToken.START_ARRAY) {
                throw UnexpectedValueException.element(parser, "a list of token ids", lists, lists.size());
            }
            JsonToken first = parser.nextToken();
            if (lists.isEmpty() && first != JsonToken.VALUE_NUMBER_INT && first != JsonToken.END_ARRAY) {
                var notText = new UnexpectedValueException(parser, TEXT, "a list"); // nobody meant token ids
                notText.prependPath(lists, 0);
                throw notText;
            }
            try {
                lists.add(tokens(parser));
            } catch (UnexpectedValueException e) {
                e.prependPath(lists, lists.size());
                throw e;
            }
        }
        return lists;
    }

    private static int[] tokens(JsonParser parser) {
        int[] ids = new int[16];
        int count = 0;
        for (JsonToken token = parser.currentToken(); token != JsonToken.END_ARRAY; token = parser.nextToken()) {
            if (token != JsonToken.VALUE_NUMBER_INT || parser.getNumberType() != JsonParser.NumberType.INT) {
                throw UnexpectedValueException.element(parser, TOKEN, ids, count);
            }
            if (count == ids.length) {
                ids = Arrays.copyOf(ids, count * 2);
            }
            ids[count++] = parser.getIntValue();
        }
        return Arrays.copyOf(ids, count);
    }
}
