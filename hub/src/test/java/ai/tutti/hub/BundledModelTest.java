package ai.tutti.hub;

import static org.assertj.core.api.Assertions.assertThat;

import ai.tutti.engine.checkpoint.Checkpoint;
import ai.tutti.engine.checkpoint.ModelFolder;
import ai.tutti.engine.checkpoint.PoolingMode;
import ai.tutti.engine.checkpoint.SentenceModule.Normalize;
import ai.tutti.engine.checkpoint.SentenceModule.Pooling;
import ai.tutti.engine.home.TuttiHome;
import ai.tutti.engine.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BundledModelTest {
    @Test
    void isServedByItsNameAlone() {
        ResolvedModel model = Hub.resolve(ModelSpec.parse("BAAI/bge-small-en-v1.5"));
        ModelFolder folder = model.folder();

        assertThat(model.entry().license()).isEqualTo("MIT");
        assertThat(folder.architecture()).isEqualTo("BertModel");
        assertThat(folder.maxTokens()).isEqualTo(512);
        assertThat(folder.modules())
                .containsExactly(new Pooling(List.of(PoolingMode.CLS), true), new Normalize());
        try (Checkpoint checkpoint = folder.checkpoint()) {
            int hidden = folder.config().requireInt("hidden_size");
            checkpoint.require("embeddings.word_embeddings.weight", folder.config().requireInt("vocab_size"), hidden);
            checkpoint.require(
                    "encoder.layer.11.output.dense.weight", hidden, folder.config().requireInt("intermediate_size"));
        }
    }

    @Test
    void itsTokenizerKnowsTheWords() {
        try (Tokenizer tokenizer = Hub.resolve(new ModelSpec(Hub.BUNDLED, null)).folder().tokenizer()) {
            assertThat(tokenizer.encode("What is the capital of France?"))
                    .containsExactly(101, 2054, 2003, 1996, 3007, 1997, 2605, 1029, 102);
            assertThat(tokenizer.vocabularySize()).isEqualTo(30522);
        }
    }

    @Test
    void aDistributionBringsItsOwn(@TempDir Path home) throws IOException {
        Path shipped = home.resolve("models/BAAI/bge-small-en-v1.5");
        BundledModel.unpackTo(shipped);
        System.setProperty(TuttiHome.PROPERTY, home.toString());
        try {
            assertThat(Hub.resolve(ModelSpec.parse(Hub.BUNDLED)).folder().path()).isEqualTo(shipped);
        } finally {
            System.clearProperty(TuttiHome.PROPERTY);
        }
    }

    @Test
    void isUnpackedOnce() {
        assertThat(BundledModel.folder()).isEqualTo(BundledModel.folder()).isDirectory();
    }
}
