package ai.tutti.engine.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.tutti.engine.Fixtures;
import ai.tutti.engine.text.Tokenizer;
import ai.tutti.engine.text.Truncation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** A folder whose {@code tokenizer.json} is taken away and whose older files are left, or made of it, gives the same ids. */
class TokenizerPartsTest {
    private static final Pattern CHARSMAP = Pattern.compile("\"precompiled_charsmap\":\\s*\"([^\"]*)\"");

    @TempDir
    Path folder;

    @Test
    void bertsVocabulary() throws IOException {
        JsonNode stored = take("bge");

        JsonNode made = TokenizerParts.json(folder, ModelFolder.open(folder).config());

        for (String part : List.of("normalizer", "pre_tokenizer", "post_processor", "model")) {
            assertThat(made.path(part)).as(part).isEqualTo(stored.path(part));
        }
        assertThat(made.path("added_tokens").valueStream())
                .containsExactlyInAnyOrderElementsOf(stored.path("added_tokens").valueStream().toList());
        sameIds("bge", text -> true);
    }

    @Test
    void bertsVocabularyWithoutSettings() throws IOException {
        take("bge");
        Files.delete(folder.resolve("tokenizer_config.json"));
        Files.delete(folder.resolve("special_tokens_map.json"));

        sameIds("bge", text -> true);
    }

    /** Ids are the lines' numbers, whatever stands there twice. */
    @Test
    void aTokenThatStandsTwiceMovesNoOther() throws IOException {
        take("bge");
        Path vocabulary = folder.resolve("vocab.txt");
        List<String> lines = new ArrayList<>(Files.readAllLines(vocabulary));
        lines.set(3, lines.get(2)); // two of the unused ones in front
        Files.write(vocabulary, lines);

        sameIds("bge", text -> true);
    }

    @Test
    void xlmRobertasPieces() throws IOException {
        JsonNode stored = take("multilingual-e5");
        ProtoWriter model = new ProtoWriter();
        model.message(1, piece("<unk>", 0, 2)).message(1, piece("<s>", 0, 3)).message(1, piece("</s>", 0, 3));
        List<JsonNode> vocabulary = stored.path("model").path("vocab").valueStream().toList();
        vocabulary.subList(4, vocabulary.size() - 1).forEach(entry -> model.message(1, piece(entry)));
        Files.write(folder.resolve("sentencepiece.bpe.model"), finished(model, stored, 0));

        sameIds("multilingual-e5", text -> true);
    }

    /** CamemBERT's pieces are XLM-RoBERTa's, three ids further on; its texts' ends are pieces. */
    @Test
    void camembertsPieces() throws IOException {
        JsonNode stored = take("multilingual-e5");
        ProtoWriter model = new ProtoWriter();
        model.message(1, piece("<unk>", 0, 2)).message(1, piece("<s>", 0, 3)).message(1, piece("</s>", 0, 3));
        List<JsonNode> vocabulary = stored.path("model").path("vocab").valueStream().toList();
        vocabulary.subList(4, vocabulary.size() - 1).forEach(entry -> model.message(1, piece(entry)));
        Files.write(folder.resolve("sentencepiece.bpe.model"), finished(model, stored, 0));
        replace("config.json", "\"xlm-roberta\"", "\"camembert\"");

        try (Tokenizer tokenizer = ModelFolder.open(folder).tokenizer();
                Tokenizer xlm = ModelFolder.open(Fixtures.folder("multilingual-e5")).tokenizer()) {
            int[] ids = xlm.encode("Ein Zug nach München. <pad> 東京<mask>");
            assertThat(tokenizer.encode("Ein Zug nach München. <pad> 東京<mask>"))
                    .isEqualTo(Arrays.stream(ids)
                            .map(id -> switch (id) {
                                case 0 -> 5;
                                case 1, 3 -> id;
                                case 2 -> 6;
                                default -> id + 3;
                            })
                            .toArray());
            assertThat(ids).contains(1, vocabulary.size() - 1);
        }
    }

    @Test
    void debertasPieces() throws IOException {
        JsonNode stored = take("mxbai-rerank-v1");
        ProtoWriter model = new ProtoWriter();
        stored.path("model").path("vocab").valueStream().forEach(entry -> model.message(1, piece(entry)));
        Files.write(folder.resolve("spm.model"), finished(model, stored, 3));
        Files.delete(folder.resolve("tokenizer_config.json"));
        Path original = Fixtures.folder("mxbai-rerank-v1");

        JsonNode made = TokenizerParts.json(folder, ModelFolder.open(folder).config());

        for (String part : List.of("normalizer", "pre_tokenizer", "post_processor")) {
            assertThat(made.path(part)).as(part).isEqualTo(stored.path(part));
        }
        assertThat(made.path("added_tokens").valueStream())
                .containsExactlyInAnyOrderElementsOf(stored.path("added_tokens").valueStream().toList());
        try (Tokenizer fromParts = ModelFolder.open(folder).tokenizer();
                Tokenizer whole = ModelFolder.open(original).tokenizer()) {
            for (JsonNode rerank : Fixtures.cases("mxbai-rerank-v1").path("cases")) {
                for (JsonNode document : rerank.path("documents")) {
                    String text = document.path("text").stringValue();
                    assertThat(fromParts.encode(text)).isEqualTo(whole.encode(text));
                }
            }
            assertThat(fromParts.vocabularySize()).isEqualTo(whole.vocabularySize());
        }
    }

    /** The fixture's own tokenizer puts texts in composed form first, which RoBERTa's does not. */
    @Test
    void robertasVocabularyAndMerges() throws IOException {
        JsonNode stored = take("gte-modernbert");
        ObjectNode vocabulary = (ObjectNode) stored.path("model").path("vocab");
        stored.path("added_tokens").forEach(token -> vocabulary.put(token.path("content").stringValue(), token.path("id").intValue()));
        Files.writeString(folder.resolve("vocab.json"), vocabulary.toString());
        StringBuilder merges = new StringBuilder("#version: 0.2\n");
        for (JsonNode merge : stored.path("model").path("merges")) {
            merges.append(merge.isString() ? merge.stringValue() : merge.get(0).stringValue() + " " + merge.get(1).stringValue());
            merges.append('\n');
        }
        Files.writeString(folder.resolve("merges.txt"), merges);
        Files.writeString(folder.resolve("config.json"), "{\"model_type\": \"roberta\", \"max_position_embeddings\": 130}");

        sameIds("gte-modernbert", text -> Normalizer.isNormalized(text, Normalizer.Form.NFC));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            bge             | "tokenizer_class": "BertTokenizer"  | "tokenizer_class": "BertJapaneseTokenizer" | vocab.txt alone does not say how
            bge             | "cls_token": "[CLS]"                | "cls_token": "[NONE]"                      | its vocabulary lacks the token [NONE] (cls_token)
            """)
    void whatIsNotEnoughIsRefused(String name, String old, String fresh, String message) throws IOException {
        take(name);
        replace("tokenizer_config.json", old, fresh);

        refused(message);
    }

    @Test
    void otherModelsPieces() throws IOException {
        take("bge");
        Files.delete(folder.resolve("vocab.txt"));
        ProtoWriter pairs = new ProtoWriter().message(1, piece("a", 0, 1)).message(2, new ProtoWriter().number(3, 2));
        Files.write(folder.resolve("spm.model"), pairs.toByteArray());
        refused("spm.model is not of the kind Unigram");
        Files.write(folder.resolve("spm.model"), new ProtoWriter().message(1, piece("a", 0, 1)).toByteArray());
        refused("spm.model alone does not say how");
        Files.write(folder.resolve("spm.model"), new byte[] {1, 2, 3});
        refused("spm.model is broken");
        replace("config.json", "\"bert\"", "\"xlm-roberta\"");
        Files.write(folder.resolve("spm.model"), new ProtoWriter().message(1, piece("a", 0, 1)).toByteArray());
        refused("spm.model: its first 3 pieces are not special ones");
    }

    @Test
    void lowerCasingThatSentenceTransformersAsksFor() throws IOException {
        Fixtures.copy("gte-modernbert", folder);
        Files.writeString(folder.resolve("sentence_bert_config.json"), "{\"do_lower_case\": true}");

        try (Tokenizer tokenizer = ModelFolder.open(folder).tokenizer();
                Tokenizer cased = ModelFolder.open(Fixtures.folder("gte-modernbert")).tokenizer()) {
            assertThat(tokenizer.encode("Über [SEP] ÀÉÎ")).isEqualTo(cased.encode("über [SEP] àéî"));
        }
    }

    private JsonNode take(String name) throws IOException {
        Fixtures.copy(name, folder);
        Path file = folder.resolve("tokenizer.json");
        JsonNode stored = JsonMapper.shared().readTree(Files.readString(file));
        Files.delete(file);
        return stored;
    }

    private void sameIds(String name, Predicate<String> wanted) {
        JsonNode cases = Fixtures.cases(name);
        int limit = cases.path("max_tokens").intValue();
        int compared = 0;
        try (Tokenizer tokenizer = ModelFolder.open(folder).tokenizer()) {
            for (JsonNode text : cases.path("cases")) {
                String input = text.path("prompt").asString("") + text.path("text").stringValue();
                if (wanted.test(input)) {
                    compared++;
                    assertThat(tokenizer.truncate(tokenizer.encode(input), limit, Truncation.END))
                            .as("%s", text.path("label"))
                            .isEqualTo(Fixtures.ints(text.path("ids")));
                }
            }
        }
        assertThat(compared).isGreaterThan(15);
    }

    private void refused(String message) {
        assertThatThrownBy(() -> ModelFolder.open(folder).tokenizer())
                .isInstanceOf(ModelLoadException.class)
                .hasMessageContaining(message)
                .satisfies(e -> assertThat(e.getMessage()).hasLineCount(1));
    }

    private void replace(String file, String old, String fresh) throws IOException {
        String text = Files.readString(folder.resolve(file));
        assertThat(text).contains(old);
        Files.writeString(folder.resolve(file), text.replace(old, fresh));
    }

    private static ProtoWriter piece(JsonNode entry) {
        return piece(entry.get(0).stringValue(), entry.get(1).floatValue(), 1);
    }

    private static ProtoWriter piece(String text, float score, int kind) {
        return new ProtoWriter().string(1, text).real(2, score).number(3, kind);
    }

    private static byte[] finished(ProtoWriter model, JsonNode stored, int unknown) {
        Matcher charsmap = CHARSMAP.matcher(stored.toString());
        assertThat(charsmap.find()).isTrue();
        return model.message(2, new ProtoWriter().number(3, 1).number(40, unknown))
                .message(3, new ProtoWriter().bytes(2, Base64.getDecoder().decode(charsmap.group(1))))
                .toByteArray();
    }
}
