package ai.tutti.engine.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.tutti.engine.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class OnnxTest {
    @Test
    void aProductsConstantBecomesItsLayersWeight() {
        List<StoredTensor> tensors = Onnx.read(file(sample()));

        assertThat(tensors)
                .extracting(StoredTensor::name)
                .containsExactly("encoder.layer.0.dense.weight", "encoder.layer.0.dense.bias", "packed");
        StoredTensor weight = tensors.getFirst();
        assertThat(weight.shape()).as("[out, in]").containsExactly(3, 2);
        assertThat(weight.strides()).containsExactly(1, 3);
        assertThat(weight.dtype()).isEqualTo(DType.F32);
        assertThat(weight.data().get(ValueLayout.JAVA_BYTE, 23)).isEqualTo((byte) 23);
        assertThat(tensors.get(2).dtype()).isEqualTo(DType.F32);
    }

    @Test
    void aShapeThatDoesNotFillTheDataIsRefused() {
        ProtoWriter tensor = tensor("w", new long[] {3, 3}).bytes(9, new byte[24]);

        assertThatThrownBy(() -> Onnx.read(file(model(new ProtoWriter().message(5, tensor)))))
                .isInstanceOf(ModelLoadException.class)
                .hasMessageStartingWith("m.onnx is broken, tensor w of shape [3, 3] as F32 does not fill 24 bytes");
    }

    @Test
    void weightsInASecondFileAreRefused() {
        ProtoWriter tensor = tensor("w", new long[] {3, 3}).number(14, 1);

        assertThatThrownBy(() -> Onnx.read(file(model(new ProtoWriter().message(5, tensor)))))
                .isInstanceOf(ModelLoadException.class)
                .hasMessageContaining("m.onnx keeps its weights in a second file")
                .hasMessageContaining("model.safetensors");
    }

    @Test
    void aFileOfAnotherKindIsRefused() {
        assertThatThrownBy(() -> Onnx.read(file("<!DOCTYPE html><html>".getBytes(StandardCharsets.UTF_8))))
                .isInstanceOf(ModelLoadException.class)
                .hasMessageStartingWith("m.onnx is broken");
        assertThatThrownBy(() -> Onnx.read(file(new byte[0])))
                .isInstanceOf(ModelLoadException.class)
                .hasMessageContaining("no weights");
    }

    /** A linear layer as PyTorch's exporter writes it, a stray shape constant and a packed list of floats. */
    static byte[] sample() {
        byte[] weight = new byte[24];
        for (int i = 0; i < weight.length; i++) {
            weight[i] = (byte) i;
        }
        ProtoWriter product = new ProtoWriter()
                .string(1, "/embeddings/Add_output_0")
                .string(1, "onnx::MatMul_7")
                .string(2, "/encoder/layer.0/dense/MatMul_output_0")
                .string(3, "/encoder/layer.0/dense/MatMul")
                .string(4, "MatMul");
        return model(new ProtoWriter()
                .message(1, product)
                .string(2, "torch-jit-export")
                .message(5, tensor("onnx::MatMul_7", new long[] {2, 3}).bytes(9, weight))
                .message(5, tensor("encoder.layer.0.dense.bias", new long[] {3}).bytes(9, new byte[12]))
                .message(5, tensor("packed", new long[] {1}).bytes(4, new byte[4]))
                .message(5, new ProtoWriter().number(1, 1).number(2, 7).string(8, "shape").bytes(7, new byte[] {5})));
    }

    private static ProtoWriter tensor(String name, long[] shape) {
        ProtoWriter tensor = new ProtoWriter();
        for (long dimension : shape) {
            tensor.number(1, dimension);
        }
        return tensor.number(2, 1).string(8, name);
    }

    private static byte[] model(ProtoWriter graph) {
        return new ProtoWriter().number(1, 6).string(2, "pytorch").message(7, graph).toByteArray();
    }

    static MappedFile file(byte[] bytes) {
        return new MappedFile(Path.of("m.onnx"), MemorySegment.ofArray(bytes));
    }
}
