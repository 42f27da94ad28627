package ai.tutti.bench;

import static java.util.Objects.requireNonNull;

import ai.tutti.engine.EmbeddingModel;
import ai.tutti.engine.EmbeddingOptions;
import ai.tutti.engine.Engine;
import ai.tutti.engine.ModelOptions;
import ai.tutti.engine.RerankModel;
import ai.tutti.engine.RerankOptions;
import ai.tutti.engine.checkpoint.ModelFolder;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A model of this process, and the sets of texts that it is measured on, by name. */
final class Contender implements AutoCloseable {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final Map<String, TextSet> sets = new HashMap<>();
    private @Nullable Engine engine;
    private @Nullable EmbeddingModel embedding;
    private @Nullable RerankModel reranker;

    /** Texts as they are and as token ids; with a query they are its documents. */
    private record TextSet(List<String> texts, List<int[]> ids, @Nullable String query, long tokens) {}

    /** {@code folder}, {@code precision}, {@code threads}, {@code kind}: embedding or rerank. */
    Map<String, ?> load(JsonNode order) {
        int threads = order.get("threads").intValue();
        var precision = Arithmetic.valueOf(order.get("precision").stringValue().toUpperCase(Locale.ROOT)).precision();
        var folder = ModelFolder.open(Path.of(order.get("folder").stringValue()));
        engine = Engine.create(new Engine.Settings(threads, Engine.Settings.DEFAULT.queueTokens()));
        long begin = System.nanoTime();
        var options = new ModelOptions("contender", precision, null, null, Map.of());
        if (order.path("kind").asString("embedding").equals("rerank")) {
            reranker = RerankModel.load(engine, folder, options);
        } else {
            embedding = EmbeddingModel.load(engine, folder, options);
        }
        return Map.of("seconds", seconds(begin), "form", "engine of %d worker(s), %s".formatted(threads, engine.cpu()));
    }

    /** {@code name}, {@code file}: a JSON array of texts; {@code query} where they are documents. */
    Map<String, ?> texts(JsonNode order) throws Exception {
        var texts = Arrays.asList(
                JSON.readValue(Path.of(order.get("file").stringValue()).toFile(), String[].class));
        var query = order.has("query") ? order.get("query").stringValue() : null;
        TextSet set;
        if (query == null) {
            var tokenized = requireNonNull(embedding).tokenize(texts, EmbeddingOptions.DEFAULT);
            set = new TextSet(texts, tokenized.ids(), null, tokenized.tokens());
        } else {
            long tokens = requireNonNull(reranker).score(query, texts, RerankOptions.DEFAULT).tokens();
            set = new TextSet(texts, List.of(), query, tokens);
        }
        sets.put(order.get("name").stringValue(), set);
        return Map.of("tokens", set.tokens(), "batch", 0);
    }

    /** {@code name}, {@code seconds}, {@code takes}: ids or texts; {@code callers} at once, {@code each} texts of equal length a call. */
    Map<String, ?> turn(JsonNode order) throws Exception {
        var set = set(order);
        var time = Duration.ofMillis(Math.round(order.get("seconds").doubleValue() * 1000));
        boolean ids = order.path("takes").asString("ids").equals("ids");
        int callers = order.path("callers").asInt(1);
        var calls = calls(set, order.path("each").asInt(0));
        long begin = System.nanoTime();
        long cpu = Contest.Clock.CPU.nanos();
        long tokens = 0;
        if (callers == 1) {
            do {
                for (var call : calls) {
                    compute(call, ids);
                    tokens += call.tokens();
                }
            } while (System.nanoTime() - begin < time.toNanos());
        } else {
            var next = new AtomicInteger();
            try (var clients = new Clients(callers, time)) {
                tokens = calls.getFirst().tokens()
                        * clients.run(() -> compute(calls.get(Math.floorMod(next.getAndIncrement(), calls.size())), ids));
            }
        }
        return Map.of("tokens", tokens, "seconds", seconds(begin), "cpu", (Contest.Clock.CPU.nanos() - cpu) / 1e9);
    }

    private static List<TextSet> calls(TextSet set, int each) {
        if (each == 0) {
            return List.of(set);
        }
        var calls = new ArrayList<TextSet>();
        for (int from = 0; from < set.texts().size(); from += each) {
            int to = Math.min(set.texts().size(), from + each);
            var ids = set.ids().subList(from, to);
            calls.add(new TextSet(set.texts().subList(from, to), ids, set.query(), Samples.tokens(ids)));
        }
        return calls;
    }

    /** {@code name}, {@code file}: where the vectors, or the scores, go as little-endian floats. */
    Map<String, ?> vectors(JsonNode order) throws Exception {
        var vectors = compute(set(order), false);
        var bytes = ByteBuffer.allocate(vectors.length * vectors[0].length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (var vector : vectors) {
            bytes.asFloatBuffer().put(vector);
            bytes.position(bytes.position() + vector.length * Float.BYTES);
        }
        Files.write(Path.of(order.get("file").stringValue()), bytes.array());
        return Map.of("dimensions", vectors[0].length);
    }

    private float[][] compute(TextSet set, boolean ids) throws InterruptedException {
        if (set.query() != null) {
            return new float[][] {requireNonNull(reranker).score(set.query(), set.texts(), RerankOptions.DEFAULT).scores()};
        }
        var model = requireNonNull(embedding);
        return ids
                ? model.vectors(model.acceptTokens(set.ids(), EmbeddingOptions.DEFAULT))
                : model.embed(set.texts());
    }

    private TextSet set(JsonNode order) {
        return requireNonNull(sets.get(order.get("name").stringValue()), "no such texts");
    }

    private static double seconds(long begin) {
        return (System.nanoTime() - begin) / (double) TimeUnit.SECONDS.toNanos(1);
    }

    @Override
    public void close() throws IOException {
        try {
            if (embedding != null) {
                embedding.close();
            }
            if (reranker != null) {
                reranker.close();
            }
        } finally {
            if (engine != null) {
                engine.close();
            }
        }
    }
}
