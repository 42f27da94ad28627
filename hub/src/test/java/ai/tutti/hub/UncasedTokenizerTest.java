package ai.tutti.hub;

import static org.assertj.core.api.Assertions.assertThat;

import ai.tutti.engine.checkpoint.ModelFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** M2-BERT was trained with bert-base-uncased's tokenizer, which the bundled model has too. */
final class UncasedTokenizerTest {
    private static final Path M2 = Path.of("../engine/src/test/resources/fixtures/folders/m2-bert");

    @Test
    void theBundledModelHasTheVocabularyOfBertBaseUncased() throws IOException {
        Path folder = Objects.requireNonNull(Hub.uncasedTokenizer(ModelFolder.open(M2)));
        JsonNode file = JsonMapper.shared().readTree(Files.readAllBytes(folder.resolve("tokenizer.json")));
        JsonNode vocabulary = file.at("/model/vocab");

        assertThat(vocabulary).hasSize(30_522);
        assertThat(file.at("/normalizer/lowercase").booleanValue()).isTrue();
        // Ids that everybody knows, from the first to the last.
        assertThat(id(vocabulary, "[PAD]")).isZero();
        assertThat(id(vocabulary, "[unused0]")).isEqualTo(1);
        assertThat(id(vocabulary, "[UNK]")).isEqualTo(100);
        assertThat(id(vocabulary, "[CLS]")).isEqualTo(101);
        assertThat(id(vocabulary, "[SEP]")).isEqualTo(102);
        assertThat(id(vocabulary, "[MASK]")).isEqualTo(103);
        assertThat(id(vocabulary, "!")).isEqualTo(999);
        assertThat(id(vocabulary, "the")).isEqualTo(1996);
        assertThat(id(vocabulary, "hello")).isEqualTo(7592);
        assertThat(id(vocabulary, "world")).isEqualTo(2088);
        assertThat(id(vocabulary, "##ing")).isEqualTo(2075);
        assertThat(id(vocabulary, "##\uff5e")).isEqualTo(30_521);
        assertThat(vocabulary.propertyNames()).doesNotContain("The", "London");
    }

    @Test
    void otherModelsGetNone() {
        assertThat(Hub.uncasedTokenizer(ModelFolder.open(M2.resolveSibling("bge")))).isNull();
    }

    private static int id(JsonNode vocabulary, String token) {
        return vocabulary.path(token).intValue();
    }
}
