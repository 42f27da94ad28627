package ai.tutti.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.tutti.engine.checkpoint.ModelFolder;
import ai.tutti.engine.checkpoint.ModelLoadException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** M2-BERT's folders carry a tokenizer that the model was not trained with; it is known by its size. */
final class TokenizerChoiceTest {
    private static final ModelOptions M2 = ModelOptions.named("m2");

    @TempDir
    private Path folder;

    @TempDir
    private Path uncased;

    @BeforeEach
    void write() throws IOException {
        Fixtures.copy("m2-bert", folder);
        tokenizer(folder, TokenizerChoice.CASED);
        tokenizer(uncased, TokenizerChoice.UNCASED);
    }

    @Test
    void aCasedVocabularyGivesWayToTheUncasedOne() {
        try (var tokenizer = TokenizerChoice.of(ModelFolder.open(folder), M2.withUncased(uncased))) {
            assertThat(tokenizer.vocabularySize()).isEqualTo(TokenizerChoice.UNCASED);
        }
    }

    @Test
    void soDoesNone() throws IOException {
        Files.delete(folder.resolve("tokenizer.json"));
        try (var tokenizer = TokenizerChoice.of(ModelFolder.open(folder), M2.withUncased(uncased))) {
            assertThat(tokenizer.vocabularySize()).isEqualTo(TokenizerChoice.UNCASED);
        }
    }

    @Test
    void whoAsksForTheFoldersOwnGetsIt() {
        var options = M2.withUncased(uncased)
                .withReproduction(new Reproduction(null, Reproduction.Vocabulary.FOLDER, null));
        try (var tokenizer = TokenizerChoice.of(ModelFolder.open(folder), options)) {
            assertThat(tokenizer.vocabularySize()).isEqualTo(TokenizerChoice.CASED);
        }
    }

    @Test
    void withoutAnUncasedOneTheModelIsRefused() {
        assertThatThrownBy(() -> TokenizerChoice.of(ModelFolder.open(folder), M2))
                .isInstanceOf(ModelLoadException.class)
                .hasMessageContaining("needs bert-base-uncased's tokenizer (since the folder's, of 28,996 entries");
    }

    @Test
    void otherModelsHaveNoChoice() {
        var options = M2.withReproduction(new Reproduction(null, Reproduction.Vocabulary.UNCASED, null));
        assertThatThrownBy(() -> TokenizerChoice.of(ModelFolder.open(Fixtures.folder("bge")), options))
                .isInstanceOf(ModelLoadException.class)
                .hasMessageContaining("m2_bert alone");
    }

    /** The fixture's tokenizer with so many entries. */
    private static void tokenizer(Path target, int entries) throws IOException {
        var source = Fixtures.folder("m2-bert");
        var json = (ObjectNode) JsonMapper.shared().readTree(Files.readAllBytes(source.resolve("tokenizer.json")));
        var vocabulary = (ObjectNode) json.at("/model/vocab");
        for (int i = vocabulary.size(); i < entries; i++) {
            vocabulary.put("[filler" + i + "]", i);
        }
        Files.write(target.resolve("tokenizer.json"), JsonMapper.shared().writeValueAsBytes(json));
        Files.write(target.resolve("tokenizer_config.json"), Files.readAllBytes(source.resolve("tokenizer_config.json")));
    }
}
