package ai.tutti.engine.checkpoint;

import static ai.tutti.engine.checkpoint.TokenizerJson.part;

import ai.tutti.engine.checkpoint.TokenizerJson.Special;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Makes a {@code tokenizer.json} out of the files that folders had before there was one, as transformers'
 * {@code convert_slow_tokenizer} does: {@code vocab.txt} (BERT), {@code sentencepiece.bpe.model} and {@code spm.model}
 * (XLM-RoBERTa, CamemBERT, DeBERTa), {@code vocab.json} with {@code merges.txt} (RoBERTa). Tokenizers that are more than these files,
 * such as Japanese BERT's, are refused.
 */
final class TokenizerParts {
    private static final Set<String> WORD_PIECE = Set.of("Bert", "DistilBert", "Electra", "MobileBert");

    private final Path folder;
    private final ModelConfig model;
    private final @Nullable ModelConfig settings;
    private final @Nullable ModelConfig specials;

    private TokenizerParts(Path folder, ModelConfig model) {
        this.folder = folder;
        this.model = model;
        this.settings = optional("tokenizer_config.json");
        this.specials = optional("special_tokens_map.json");
    }

    /**
     * The content of a {@code tokenizer.json}.
     *
     * @throws ModelLoadException when the folder has no such files, or they are not enough
     */
    static JsonNode json(Path folder, ModelConfig model) {
        TokenizerParts parts = new TokenizerParts(folder, model);
        if (parts.has("vocab.txt")) {
            return parts.wordPiece();
        }
        for (String name : List.of("sentencepiece.bpe.model", "spm.model")) {
            if (parts.has(name)) {
                return parts.sentencePiece(folder.resolve(name));
            }
        }
        if (parts.has("vocab.json") && parts.has("merges.txt")) {
            return parts.byteLevel();
        }
        throw new ModelLoadException(folder.resolve("tokenizer.json") + " is missing: download the model's whole folder");
    }

    private JsonNode wordPiece() {
        String kind = settings == null ? "" : settings.stringOr("tokenizer_class", "").replaceAll("Tokenizer(Fast)?$", "");
        if (!kind.isEmpty() && !WORD_PIECE.contains(kind)) {
            throw insufficient("vocab.txt");
        }
        Map<String, Integer> vocabulary = new LinkedHashMap<>();
        List<String> lines = lines("vocab.txt");
        for (int id = 0; id < lines.size(); id++) {
            vocabulary.put(lines.get(id), id); // of a token that stands there twice the last place counts
        }
        TokenizerJson json = new TokenizerJson();
        Special unknown = special("unk_token", "[UNK]", vocabulary);
        Special begin = special("cls_token", "[CLS]", vocabulary);
        Special end = special("sep_token", "[SEP]", vocabulary);
        json.added(unknown).added(begin).added(end);
        for (String key : List.of("pad_token", "mask_token")) {
            String content = content(key, key.equals("pad_token") ? "[PAD]" : "[MASK]");
            if (vocabulary.containsKey(content)) {
                json.added(special(key, content, vocabulary));
            }
        }
        addOthers(json);
        ObjectNode normalizer = part("BertNormalizer")
                .put("clean_text", true)
                .put("handle_chinese_chars", flag("tokenize_chinese_chars", true))
                .put("lowercase", flag("do_lower_case", true));
        if (settings != null && settings.has("strip_accents")) {
            normalizer.put("strip_accents", settings.booleanOr("strip_accents", false));
        } else {
            normalizer.putNull("strip_accents");
        }
        ObjectNode words = part("WordPiece")
                .put("unk_token", unknown.content())
                .put("continuing_subword_prefix", "##")
                .put("max_input_chars_per_word", 100);
        words.set("vocab", object(vocabulary));
        return json.normalizer(normalizer)
                .preTokenizer(part("BertPreTokenizer"))
                .template(begin, end, 1, 1)
                .model(words)
                .root();
    }

    private JsonNode sentencePiece(Path file) {
        SentencePieceFile pieces = SentencePieceFile.read(file);
        return switch (model.stringOr("model_type", "")) {
            case "xlm-roberta" -> xlmRoberta(pieces);
            case "camembert" -> camembert(pieces);
            case "deberta-v2" -> deberta(pieces);
            default -> throw insufficient(file.getFileName().toString());
        };
    }

    /** The ids are fairseq's: its own four specials first, then the pieces but for their first three, then the mask. */
    private JsonNode xlmRoberta(SentencePieceFile file) {
        file.requireSpecials(3);
        ArrayNode vocabulary = TokenizerJson.list();
        List.of("<s>", "<pad>", "</s>", "<unk>").forEach(special -> vocabulary.add(piece(special, 0)));
        file.pieces().stream().skip(3).forEach(piece -> vocabulary.add(piece(piece.text(), piece.score())));
        return fairseq(file, vocabulary, new Special("<s>", 0), new Special("</s>", 2));
    }

    /** As XLM-RoBERTa's, but the texts' ends are those of the pieces, and those of fairseq are not used. */
    private JsonNode camembert(SentencePieceFile file) {
        file.requireSpecials(3);
        ArrayNode vocabulary = TokenizerJson.list();
        List.of("<s>NOTUSED", "<pad>", "</s>NOTUSED", "<unk>").forEach(special -> vocabulary.add(piece(special, 0)));
        vocabulary.add(piece("<unk>NOTUSED", -100));
        Map<String, Integer> ids = new LinkedHashMap<>();
        for (SentencePieceFile.Piece piece : file.pieces().subList(1, file.pieces().size())) {
            ids.putIfAbsent(piece.text(), vocabulary.size());
            vocabulary.add(piece(piece.text(), piece.score()));
        }
        return fairseq(file, vocabulary, special("cls_token", "<s>", ids), special("sep_token", "</s>", ids));
    }

    /** @param vocabulary all but the mask, which comes last; 1 is the padding, 3 what is unknown */
    private JsonNode fairseq(SentencePieceFile file, ArrayNode vocabulary, Special begin, Special end) {
        Special mask = new Special("<mask>", vocabulary.size());
        TokenizerJson json = new TokenizerJson()
                .added(begin)
                .added(new Special("<pad>", 1))
                .added(end)
                .added(new Special("<unk>", 3))
                .added(mask, true, false, true);
        addOthers(json);
        vocabulary.add(piece(mask.content(), 0));
        ObjectNode unigram = part("Unigram").put("unk_id", 3);
        unigram.set("vocab", vocabulary);
        ObjectNode words = TokenizerJson.sequence("pretokenizers", part("WhitespaceSplit"), metaspace());
        if (file.charsmap() != null) {
            json.normalizer(file.charsmap());
        }
        return json.preTokenizer(words).template(begin, end, 2, 0).model(unigram).root();
    }

    private static ArrayNode piece(String text, double score) {
        return TokenizerJson.list().add(text).add(score);
    }

    private JsonNode deberta(SentencePieceFile file) {
        Map<String, Integer> ids = new LinkedHashMap<>();
        ObjectNode unigram = part("Unigram").put("unk_id", file.unknown());
        ArrayNode vocabulary = unigram.putArray("vocab");
        for (SentencePieceFile.Piece piece : file.pieces()) {
            ids.putIfAbsent(piece.text(), vocabulary.size());
            vocabulary.addArray().add(piece.text()).add(piece.score());
        }
        ids.putIfAbsent(content("mask_token", "[MASK]"), vocabulary.size());
        Special begin = special("cls_token", "[CLS]", ids);
        Special end = special("sep_token", "[SEP]", ids);
        TokenizerJson json = new TokenizerJson()
                .added(special("pad_token", "[PAD]", ids))
                .added(begin)
                .added(end)
                .added(special("unk_token", "[UNK]", ids), false, true, true)
                .added(special("mask_token", "[MASK]", ids));
        addOthers(json);
        ObjectNode normalizer = TokenizerJson.sequence("normalizers");
        ArrayNode steps = normalizer.withArray("normalizers");
        if (flag("do_lower_case", false)) {
            steps.add(part("Lowercase"));
        }
        steps.add(part("Strip").put("strip_left", true).put("strip_right", true));
        if (file.charsmap() != null) {
            steps.add(file.charsmap());
        }
        ObjectNode spaces = part("Replace").put("content", " ");
        spaces.putObject("pattern").put("Regex", " {2,}");
        steps.add(spaces);
        ObjectNode words = flag("split_by_punct", false)
                ? TokenizerJson.sequence("pretokenizers", part("Punctuation").put("behavior", "Isolated"), metaspace())
                : TokenizerJson.sequence("pretokenizers", metaspace());
        return json.normalizer(normalizer).preTokenizer(words).template(begin, end, 1, 1).model(unigram).root();
    }

    private static ObjectNode metaspace() {
        return part("Metaspace").put("replacement", "▁").put("add_prefix_space", true).put("prepend_scheme", "always");
    }

    private JsonNode byteLevel() {
        if (!model.stringOr("model_type", "").equals("roberta")) {
            throw insufficient("vocab.json");
        }
        JsonNode vocabulary = JsonFile.read(folder.resolve("vocab.json"));
        Map<String, Integer> ids = new LinkedHashMap<>();
        vocabulary.properties().forEach(entry -> ids.put(entry.getKey(), entry.getValue().asInt(-1)));
        Special begin = special("cls_token", "<s>", ids);
        Special end = special("sep_token", "</s>", ids);
        TokenizerJson json = new TokenizerJson()
                .added(begin)
                .added(special("pad_token", "<pad>", ids))
                .added(end)
                .added(special("unk_token", "<unk>", ids))
                .added(special("mask_token", "<mask>", ids), true, false, true);
        addOthers(json);
        ObjectNode pairs = part("BPE").put("continuing_subword_prefix", "").put("end_of_word_suffix", "");
        pairs.set("vocab", vocabulary);
        ArrayNode merges = pairs.putArray("merges");
        lines("merges.txt").stream().filter(line -> !line.isBlank() && !line.startsWith("#version")).forEach(merges::add);
        ObjectNode bytes = part("ByteLevel")
                .put("add_prefix_space", flag("add_prefix_space", false))
                .put("trim_offsets", true)
                .put("use_regex", true);
        return json.preTokenizer(bytes).template(begin, end, 2, 0).model(pairs).root();
    }

    /** Tokens that somebody added to the vocabulary, as the newer file or the older one lists them. */
    private void addOthers(TokenizerJson json) {
        ModelConfig listed = settings == null ? null : settings.object("added_tokens_decoder");
        if (listed != null) {
            listed.keys().forEach(id -> addListed(json, id, listed.object(id)));
        }
        ModelConfig older = optional("added_tokens.json");
        if (older != null) {
            older.keys().stream()
                    .filter(content -> !json.knows(content))
                    .forEach(content -> json.added(new Special(content, older.requireInt(content)), false, true, false));
        }
    }

    private static void addListed(TokenizerJson json, String id, @Nullable ModelConfig token) {
        if (token == null || !id.matches("\\d{1,9}") || json.knows(token.requireString("content"))) {
            return;
        }
        json.added(
                new Special(token.requireString("content"), Integer.parseInt(id)),
                token.booleanOr("lstrip", false),
                token.booleanOr("normalized", true),
                token.booleanOr("special", false));
    }

    private Special special(String key, String otherwise, Map<String, Integer> ids) {
        String content = content(key, otherwise);
        Integer id = ids.get(content);
        if (id == null) {
            throw new ModelLoadException("%s: its vocabulary lacks the token %s (%s): put the model's tokenizer.json into it"
                    .formatted(folder, OneLine.of(content), key));
        }
        return new Special(content, id);
    }

    private String content(String key, String otherwise) {
        String mapped = specials == null ? otherwise : specials.textOrContent(key, otherwise);
        return settings == null ? mapped : settings.textOrContent(key, mapped);
    }

    private boolean flag(String key, boolean otherwise) {
        return settings == null ? otherwise : settings.booleanOr(key, otherwise);
    }

    private ModelLoadException insufficient(String file) {
        return new ModelLoadException("%s alone does not say how this model's texts are cut into tokens: put its tokenizer.json"
                        .formatted(folder.resolve(file))
                + " into the folder");
    }

    private boolean has(String name) {
        return Files.exists(folder.resolve(name));
    }

    private @Nullable ModelConfig optional(String name) {
        return has(name) ? ModelConfig.read(folder.resolve(name)) : null;
    }

    /** The lines as Python counts them: a carriage return ends one, too. */
    private List<String> lines(String name) {
        Path file = folder.resolve(name);
        try {
            return List.of(Files.readString(file).replaceFirst("(\\r\\n|\\n|\\r)$", "").split("\\r\\n|\\n|\\r", -1));
        } catch (CharacterCodingException e) {
            throw new ModelLoadException(file + " is not text in UTF-8: download it again", e);
        } catch (IOException e) {
            throw new ModelLoadException(file + " cannot be read: " + e.getMessage(), e);
        }
    }

    private static ObjectNode object(Map<String, Integer> vocabulary) {
        ObjectNode object = part("");
        object.removeAll();
        vocabulary.forEach(object::put);
        return object;
    }
}
