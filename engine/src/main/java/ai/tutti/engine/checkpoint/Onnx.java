package ai.tutti.engine.checkpoint;

import ai.tutti.engine.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The weights (initialisers) of an ONNX file; its graph is not run.
 *
 * <p>PyTorch's exporter keeps parameters' names but folds the transpose of a linear layer's weight into the constant, which
 * is then stored {@code [in, out]} and called {@code onnx::MatMul_1525}. The product that reads it still carries the
 * layer's place, {@code /encoder/layer.0/attention/self/query/MatMul}, so the weight is handed out as
 * {@code encoder.layer.0.attention.self.query.weight} in the shape {@code [out, in]} with strides {@code [1, out]}.
 *
 * <p>Field numbers are those of {@code onnx.proto}. Numbers are read where they lie, as raw bytes or as packed floats;
 * initialisers stored in other ways (the exporter's small integer constants) are no weights and are left out.
 */
final class Onnx {
    private static final Pattern PRODUCT = Pattern.compile("/?(.+)/MatMul(?:_\\d+)?");

    private record Initialiser(String name, DType dtype, long[] shape, MemorySegment data) {}

    private final MappedFile file;
    private final List<Initialiser> initialisers = new ArrayList<>();
    private final Map<String, List<String>> layersByWeight = new HashMap<>();

    private Onnx(MappedFile file) {
        this.file = file;
    }

    /** The file's tensors under their parameters' names. */
    static List<StoredTensor> read(MappedFile file) {
        Onnx onnx = new Onnx(file);
        ProtoReader model = new ProtoReader(file, file.bytes());
        while (model.next()) {
            if (model.field() == 7) {
                onnx.readGraph(model.message());
            }
        }
        if (onnx.initialisers.isEmpty()) {
            throw file.broken("it holds no weights");
        }
        return onnx.tensors();
    }

    private void readGraph(ProtoReader graph) {
        while (graph.next()) {
            switch (graph.field()) {
                case 1 -> readNode(graph.message());
                case 5 -> readInitialiser(graph.message());
                default -> {}
            }
        }
    }

    private void readNode(ProtoReader node) {
        List<String> inputs = new ArrayList<>();
        String name = "";
        String operator = "";
        while (node.next()) {
            switch (node.field()) {
                case 1 -> inputs.add(node.string());
                case 3 -> name = node.string();
                case 4 -> operator = node.string();
                default -> {}
            }
        }
        Matcher place = PRODUCT.matcher(name);
        if (operator.equals("MatMul") && inputs.size() == 2 && place.matches()) {
            layersByWeight
                    .computeIfAbsent(inputs.get(1), weight -> new ArrayList<>())
                    .add(place.group(1).replace('/', '.'));
        }
    }

    private void readInitialiser(ProtoReader tensor) {
        LongList dimensions = new LongList();
        long type = 0;
        String name = "";
        MemorySegment data = null;
        boolean elsewhere = false;
        while (tensor.next()) {
            switch (tensor.field()) {
                case 1 -> tensor.numbers(dimensions);
                case 2 -> type = tensor.number();
                case 4, 9 -> data = tensor.bytes();
                case 8 -> name = tensor.string();
                case 14 -> elsewhere = tensor.number() == 1;
                default -> {}
            }
        }
        if (elsewhere) {
            throw new ModelLoadException(file.path() + " keeps its weights in a second file, which is not supported:"
                    + " put the model's model.safetensors into the folder");
        }
        DType dtype = dtype(type);
        if (dtype == null || data == null) {
            return;
        }
        long[] shape = dimensions.toArray();
        if (!TensorSize.fills(shape, dtype.bytes(), data.byteSize())) {
            throw file.broken("tensor %s of shape %s as %s does not fill %d bytes"
                    .formatted(name, Arrays.toString(shape), dtype, data.byteSize()));
        }
        initialisers.add(new Initialiser(name, dtype, shape, data));
    }

    private List<StoredTensor> tensors() {
        List<StoredTensor> tensors = new ArrayList<>();
        for (Initialiser initialiser : initialisers) {
            List<String> layers = layersByWeight.get(initialiser.name());
            boolean folded = initialiser.name().startsWith("onnx::") && initialiser.shape().length == 2;
            if (folded && layers != null) {
                layers.forEach(layer -> tensors.add(transposed(layer + ".weight", initialiser)));
            } else {
                tensors.add(tensor(initialiser.name(), initialiser, initialiser.shape(),
                        TensorSize.rowMajor(initialiser.shape())));
            }
        }
        return tensors;
    }

    private StoredTensor transposed(String name, Initialiser initialiser) {
        long in = initialiser.shape()[0];
        long out = initialiser.shape()[1];
        return tensor(name, initialiser, new long[] {out, in}, new long[] {1, out});
    }

    private StoredTensor tensor(String name, Initialiser initialiser, long[] shape, long[] strides) {
        return new StoredTensor(
                name, initialiser.dtype(), shape, strides, initialiser.data(), file.path().toString());
    }

    private static @Nullable DType dtype(long onnxType) {
        return switch (Math.clamp(onnxType, -1, Byte.MAX_VALUE)) {
            case 1 -> DType.F32;
            case 2 -> DType.U8;
            case 3 -> DType.I8;
            case 5 -> DType.I16;
            case 6 -> DType.I32;
            case 7 -> DType.I64;
            case 9 -> DType.BOOL;
            case 10 -> DType.F16;
            case 11 -> DType.F64;
            case 16 -> DType.BF16;
            default -> null;
        };
    }
}
