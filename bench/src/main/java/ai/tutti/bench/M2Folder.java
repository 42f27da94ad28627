package ai.tutti.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.DoubleSupplier;
import java.util.function.IntToDoubleFunction;
import tools.jackson.databind.json.JsonMapper;

/**
 * A folder of an M2-BERT with random weights, as large and fast as a published one; its vectors mean nothing. Filters have
 * the features, rates and frequencies that training starts from.
 */
public final class M2Folder {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final int HIDDEN = 768;
    private static final int WIDE = 3072;
    /** Of the published models. */
    private static final int LAYERS = 12;
    private static final int BLOCKS = 4;
    private static final int ORDER = 128;
    private static final int VOCABULARY = 30_528;

    /** A tensor's name, shape and numbers by their place. */
    private record Stored(String name, int[] shape, IntToDoubleFunction value) {
        int size() {
            return Arrays.stream(shape).reduce(1, (a, b) -> a * b);
        }
    }

    private final int length;
    private final SplittableRandom random = new SplittableRandom(1);
    private final List<Stored> tensors = new ArrayList<>();

    private M2Folder(int length, int layers) {
        this.length = length;
        uniform("embeddings.word_embeddings.weight", 1, VOCABULARY, HIDDEN);
        uniform("embeddings.position_embeddings.weight", 0.3, length, HIDDEN);
        uniform("embeddings.token_type_embeddings.weight", 0.3, 2, HIDDEN);
        norm("embeddings.LayerNorm");
        for (int i = 0; i < layers; i++) {
            var layer = "encoder.layer." + i + ".";
            linear(layer + "attention.in_linear", HIDDEN, 3 * HIDDEN);
            uniform(layer + "attention.short_filter.weight", 0.6, 3 * HIDDEN, 1, 3);
            uniform(layer + "attention.short_filter.bias", 0.1, 3 * HIDDEN);
            filter(layer + "attention.filter_fn");
            filter(layer + "attention.filter_fn2");
            linear(layer + "attention.out_linear", HIDDEN, HIDDEN);
            uniform(layer + "mlp.gated_layers.weight", bound(HIDDEN / BLOCKS), BLOCKS, 2 * WIDE / BLOCKS, HIDDEN / BLOCKS);
            uniform(layer + "mlp.wo.weight", bound(WIDE / BLOCKS), BLOCKS, HIDDEN / BLOCKS, WIDE / BLOCKS);
            uniform(layer + "mlp.wo.bias", 0.1, HIDDEN);
            norm(layer + "mlp.layernorm");
        }
        linear("pooler.dense", HIDDEN, HIDDEN);
    }

    /** Writes the folder of a model with as many layers as the published ones. */
    static void write(Path folder, int length, Path tokenizer) throws IOException {
        write(folder, length, LAYERS, tokenizer);
    }

    /**
     * Writes the folder.
     *
     * @param folder an empty folder
     * @param length the longest text: 2048, 8192 or 32768 in the published ones
     * @param layers at least 1; 12 in the published ones
     * @param tokenizer a folder with bert-base-uncased's {@code tokenizer.json} and {@code tokenizer_config.json}
     */
    public static void write(Path folder, int length, int layers, Path tokenizer) throws IOException {
        for (var file : List.of("tokenizer.json", "tokenizer_config.json")) {
            Files.copy(tokenizer.resolve(file), folder.resolve(file));
        }
        Files.write(folder.resolve("config.json"), JSON.writeValueAsBytes(config(length, layers)));
        new M2Folder(length, layers).writeWeights(folder.resolve("model.safetensors"));
    }

    private static Map<String, Object> config(int length, int layers) {
        var config = new LinkedHashMap<String, Object>();
        config.put("model_type", "m2_bert");
        config.put("architectures", List.of("BertForSequenceClassification"));
        config.put("hidden_size", HIDDEN);
        config.put("intermediate_size", WIDE);
        config.put("num_hidden_layers", layers);
        config.put("vocab_size", VOCABULARY);
        config.put("max_position_embeddings", length);
        config.put("long_conv_l_max", length);
        config.put("hyena_filter_order", ORDER);
        config.put("hyena_emb_dim", 5);
        config.put("monarch_mlp_nblocks", BLOCKS);
        config.put("layer_norm_eps", 1e-12);
        return config;
    }

    private void filter(String name) {
        uniform(name + ".bias", 0.5, HIDDEN);
        add(name + ".pos_emb.z", place -> feature(place / 5, place % 5), 1, length, 5);
        add(name + ".pos_emb.t", place -> time(place), 1, length, 1);
        double fast = Math.log(0.01) / 0.3;
        double slow = Math.log(0.01) / 1.5;
        add(name + ".modulation.deltas", place -> slow + (fast - slow) * place / (HIDDEN - 1), 1, 1, HIDDEN);
        add(name + ".implicit_filter.1.freq", place -> 10, 1, ORDER);
        for (var network : List.of(name + ".implicit_filter", name + ".implicit_filter_rev")) {
            linear(network + ".0", 5, ORDER);
            linear(network + ".2", ORDER, ORDER);
            linear(network + ".4", ORDER, ORDER);
            // Filters whose squares sum to about one, so that no layer outgrows the others.
            uniform(network + ".6.weight", 6 / Math.sqrt((double) ORDER * length), HIDDEN, ORDER);
        }
    }

    private double time(int lag) {
        return lag / (length - 1.0);
    }

    private double feature(int lag, int which) {
        double w = 2 * Math.PI * lag / length;
        return switch (which) {
            case 0 -> time(lag);
            case 1 -> Math.cos(1e-4 * w);
            case 2 -> Math.cos(w);
            case 3 -> -Math.sin(1e-4 * w);
            default -> -Math.sin(w);
        };
    }

    private static double bound(int in) {
        return 1.5 / Math.sqrt(in);
    }

    private void linear(String name, int in, int out) {
        uniform(name + ".weight", bound(in), out, in);
        uniform(name + ".bias", 0.1, out);
    }

    private void norm(String name) {
        add(name + ".weight", place -> 1, HIDDEN);
        uniform(name + ".bias", 0.1, HIDDEN);
    }

    private void uniform(String name, double bound, int... shape) {
        DoubleSupplier next = random.split()::nextDouble;
        add(name, place -> (2 * next.getAsDouble() - 1) * bound, shape);
    }

    private void add(String name, IntToDoubleFunction value, int... shape) {
        tensors.add(new Stored("bert." + name, shape, value));
    }

    /** Safetensors: the header's length in eight bytes, the header in JSON, the values in f32. */
    private void writeWeights(Path file) throws IOException {
        var header = new LinkedHashMap<String, Object>();
        long offset = 0;
        for (var tensor : tensors) {
            long end = offset + (long) tensor.size() * Float.BYTES;
            header.put(
                    tensor.name(),
                    Map.of("dtype", "F32", "shape", tensor.shape(), "data_offsets", new long[] {offset, end}));
            offset = end;
        }
        var bytes = JSON.writeValueAsString(header).getBytes(StandardCharsets.US_ASCII);
        var buffer = ByteBuffer.allocateDirect(1 << 20).order(ByteOrder.LITTLE_ENDIAN);
        try (var out = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            drain(out, ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(bytes.length));
            drain(out, ByteBuffer.wrap(bytes).position(bytes.length));
            for (var tensor : tensors) {
                for (int i = 0; i < tensor.size(); i++) {
                    buffer.putFloat((float) tensor.value().applyAsDouble(i));
                    if (!buffer.hasRemaining()) {
                        drain(out, buffer);
                    }
                }
            }
            drain(out, buffer);
        }
    }

    private static void drain(FileChannel out, ByteBuffer filled) throws IOException {
        filled.flip();
        while (filled.hasRemaining()) {
            out.write(filled);
        }
        filled.clear();
    }
}
