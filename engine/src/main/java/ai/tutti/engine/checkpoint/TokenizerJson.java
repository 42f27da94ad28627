package ai.tutti.engine.checkpoint;

import java.nio.file.Path;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Puts a {@code tokenizer.json} together, in the form that Hugging Face's converters give it. */
final class TokenizerJson {
    private static final JsonMapper MAPPER = JsonMapper.shared();

    /** A special token and its id. */
    record Special(String content, int id) {}

    private final ObjectNode root = MAPPER.createObjectNode();
    private final ArrayNode added = root.putArray("added_tokens");

    /**
     * A token that is found in the raw text.
     *
     * @param stripLeft whether white space in front of it goes with it
     * @param normalized whether it is looked for in the normalised text
     */
    TokenizerJson added(Special token, boolean stripLeft, boolean normalized, boolean special) {
        added.addObject()
                .put("id", token.id())
                .put("content", token.content())
                .put("single_word", false)
                .put("lstrip", stripLeft)
                .put("rstrip", false)
                .put("normalized", normalized)
                .put("special", special);
        return this;
    }

    /** A special token as all families write it. */
    TokenizerJson added(Special token) {
        return added(token, false, false, true);
    }

    /** Whether a token of that content is among the added ones. */
    boolean knows(String content) {
        return added.valueStream().anyMatch(token -> token.path("content").asString("").equals(content));
    }

    TokenizerJson normalizer(JsonNode normalizer) {
        root.set("normalizer", normalizer);
        return this;
    }

    TokenizerJson preTokenizer(JsonNode preTokenizer) {
        root.set("pre_tokenizer", preTokenizer);
        return this;
    }

    TokenizerJson model(JsonNode model) {
        root.set("model", model);
        return this;
    }

    /**
     * {@code begin A end}, and for pairs {@code begin A end B end}.
     *
     * @param between how many ends stand between the two
     * @param secondType the type id of the second and its end
     */
    TokenizerJson template(Special begin, Special end, int between, int secondType) {
        ObjectNode processor = root.putObject("post_processor").put("type", "TemplateProcessing");
        ArrayNode single = processor.putArray("single");
        special(single, begin, 0);
        sequence(single, "A", 0);
        special(single, end, 0);
        ArrayNode pair = processor.putArray("pair");
        special(pair, begin, 0);
        sequence(pair, "A", 0);
        for (int i = 0; i < between; i++) {
            special(pair, end, 0);
        }
        sequence(pair, "B", secondType);
        special(pair, end, secondType);
        ObjectNode tokens = processor.putObject("special_tokens");
        for (Special token : new Special[] {begin, end}) {
            ObjectNode described = tokens.putObject(token.content()).put("id", token.content());
            described.putArray("ids").add(token.id());
            described.putArray("tokens").add(token.content());
        }
        return this;
    }

    private static void special(ArrayNode template, Special token, int type) {
        template.addObject().putObject("SpecialToken").put("id", token.content()).put("type_id", type);
    }

    private static void sequence(ArrayNode template, String name, int type) {
        template.addObject().putObject("Sequence").put("id", name).put("type_id", type);
    }

    /** A part of the given type, to which settings may be put. */
    static ObjectNode part(String type) {
        return MAPPER.createObjectNode().put("type", type);
    }

    static ArrayNode list() {
        return MAPPER.createArrayNode();
    }

    /** Normalisers ({@code Sequence} of {@code normalizers}) or pre-tokenizers ({@code pretokenizers}), one after another. */
    static ObjectNode sequence(String key, ObjectNode... parts) {
        ObjectNode sequence = part("Sequence");
        ArrayNode list = sequence.putArray(key);
        for (ObjectNode part : parts) {
            list.add(part);
        }
        return sequence;
    }

    /** The whole file. */
    JsonNode root() {
        return root;
    }

    /** Whether the normaliser of a file lower-cases; only what stands in front of it is read. */
    static boolean lowerCases(Path tokenizerJson) {
        try (JsonParser parser = MAPPER.createParser(tokenizerJson)) {
            parser.nextToken();
            for (String key = parser.nextName(); key != null; key = parser.nextName()) {
                parser.nextToken();
                if (key.equals("normalizer")) {
                    return lowerCases((JsonNode) parser.readValueAsTree());
                }
                parser.skipChildren();
            }
            return false;
        } catch (JacksonException e) {
            throw JsonFile.invalid(tokenizerJson, e);
        }
    }

    /**
     * A tokenizer that lower-cases texts, as sentence-transformers' {@code do_lower_case} asks for: itself where its
     * normaliser does so already, else one that does so first. Special tokens are found as they are written.
     */
    static JsonNode lowerCased(JsonNode tokenizer) {
        JsonNode normalizer = tokenizer.path("normalizer");
        if (!(tokenizer instanceof ObjectNode object) || lowerCases(normalizer)) {
            return tokenizer;
        }
        ObjectNode first = part("Lowercase");
        ObjectNode both = normalizer instanceof ObjectNode then
                ? sequence("normalizers", first, then)
                : sequence("normalizers", first);
        return object.set("normalizer", both);
    }

    private static boolean lowerCases(JsonNode normalizer) {
        return switch (normalizer.path("type").asString("")) {
            case "Lowercase" -> true;
            case "BertNormalizer" -> normalizer.path("lowercase").asBoolean(true);
            case "Sequence" -> normalizer.path("normalizers").valueStream().anyMatch(TokenizerJson::lowerCases);
            default -> false;
        };
    }
}
