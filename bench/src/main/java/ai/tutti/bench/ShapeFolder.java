package ai.tutti.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import tools.jackson.databind.json.JsonMapper;

/**
 * A sentence-transformers folder of a published model's sizes with random weights: as large and fast as a real one; its vectors mean nothing.
 * Products draw their weights from -0.035 to 0.035 (a deviation of 0.02, as BERT starts from); norms are 1 and 0.
 */
public final class ShapeFolder {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final float BOUND = 0.035f;

    private final Map<String, int[]> tensors;

    private ShapeFolder(Map<String, int[]> tensors) {
        this.tensors = tensors;
    }

    /** Writes a folder of a shape with other than its own layers, CLS pooling and no normalisation. */
    public static void write(Path folder, Shape shape, int layers, Path tokenizer) throws IOException {
        write(folder, shape.sizes().withLayers(layers), Map.of(), tokenizer);
    }

    /**
     * Writes the folder.
     *
     * @param folder an empty folder
     * @param changes keys of {@code config.json} that differ from what the family's published models say
     * @param tokenizer a folder with a BERT's {@code tokenizer.json} and {@code tokenizer_config.json}
     */
    static void write(Path folder, Shape.Sizes sizes, Map<String, ?> changes, Path tokenizer) throws IOException {
        var config = sizes.family().config(sizes);
        config.putAll(changes);
        Files.createDirectories(folder.resolve("1_Pooling"));
        for (var file : List.of("tokenizer.json", "tokenizer_config.json")) {
            Files.copy(tokenizer.resolve(file), folder.resolve(file));
        }
        json(folder.resolve("config.json"), config);
        json(
                folder.resolve("modules.json"),
                List.of(
                        Map.of("idx", 0, "name", "0", "path", "", "type", "sentence_transformers.models.Transformer"),
                        Map.of("idx", 1, "name", "1", "path", "1_Pooling", "type", "sentence_transformers.models.Pooling")));
        json(
                folder.resolve("1_Pooling").resolve("config.json"),
                Map.of("word_embedding_dimension", sizes.hidden(), "pooling_mode_cls_token", true));
        json(folder.resolve("sentence_bert_config.json"), Map.of("max_seq_length", sizes.tokens()));
        new ShapeFolder(sizes.family().tensors(sizes)).writeWeights(folder.resolve("model.safetensors"));
    }

    private static void json(Path file, Object value) throws IOException {
        Files.write(file, JSON.writeValueAsBytes(value));
    }

    private static long elements(int[] shape) {
        long product = 1;
        for (int size : shape) {
            product *= size;
        }
        return product;
    }

    /** Safetensors: the header's length in eight bytes, the header in JSON, the values in f32. */
    private void writeWeights(Path file) throws IOException {
        var header = new LinkedHashMap<String, Object>();
        long offset = 0;
        for (var tensor : tensors.entrySet()) {
            long end = offset + elements(tensor.getValue()) * Float.BYTES;
            header.put(
                    tensor.getKey(),
                    Map.of("dtype", "F32", "shape", tensor.getValue(), "data_offsets", new long[] {offset, end}));
            offset = end;
        }
        var text = JSON.writeValueAsString(header);
        var bytes = (text + " ".repeat((8 - text.length() % 8) % 8)).getBytes(StandardCharsets.US_ASCII);
        var buffer = ByteBuffer.allocateDirect(1 << 20).order(ByteOrder.LITTLE_ENDIAN);
        try (var out = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            drain(out, ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(bytes.length));
            drain(out, ByteBuffer.wrap(bytes).position(bytes.length));
            var random = new SplittableRandom(1);
            for (var tensor : tensors.entrySet()) {
                boolean norm = tensor.getKey().toLowerCase(Locale.ROOT).contains("norm");
                float constant = tensor.getKey().endsWith("weight") ? 1 : 0;
                for (long i = elements(tensor.getValue()); i > 0; i--) {
                    buffer.putFloat(norm ? constant : value(random));
                    if (!buffer.hasRemaining()) {
                        drain(out, buffer);
                    }
                }
            }
            drain(out, buffer);
        }
    }

    private static float value(SplittableRandom random) {
        return ((random.nextInt() >> 8) * 0x1p-23f) * BOUND;
    }

    private static void drain(FileChannel out, ByteBuffer filled) throws IOException {
        filled.flip();
        while (filled.hasRemaining()) {
            out.write(filled);
        }
        filled.clear();
    }
}
