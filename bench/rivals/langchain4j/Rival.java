import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.model.embedding.onnx.bgesmallenv15.BgeSmallEnV15EmbeddingModel;
import java.io.BufferedReader;
import java.io.File;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;

/** langchain4j's bge-small in process, told what to do as ../protocol.py says: texts in, each on a thread of its own. */
final class Rival {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Map<String, List<TextSegment>> SETS = new HashMap<>();
    private static final Map<String, Long> TOKENS = new HashMap<>();
    private static BgeSmallEnV15EmbeddingModel model;

    public static void main(String... arguments) throws Exception {
        var answers = System.out;
        System.setOut(System.err);
        var orders = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (var line = orders.readLine(); line != null; line = orders.readLine()) {
            Map<String, ?> answer;
            try {
                answer = carryOut(JSON.readTree(line));
            } catch (Exception e) {
                e.printStackTrace();
                answer = Map.of("error", String.valueOf(e));
            }
            answers.println(JSON.writeValueAsString(answer));
            answers.flush();
        }
        System.exit(0);
    }

    private static Map<String, ?> carryOut(JsonNode order) throws Exception {
        long begin = System.nanoTime();
        var name = order.path("name").asText();
        switch (order.get("do").asText()) {
            case "load" -> {
                int threads = order.get("threads").asInt();
                model = new BgeSmallEnV15EmbeddingModel(Executors.newFixedThreadPool(threads));
                return Map.of("seconds", seconds(begin), "form", "a pool of " + threads + " thread(s)");
            }
            case "texts" -> {
                var texts = JSON.readValue(new File(order.get("file").asText()), String[].class);
                SETS.put(name, Arrays.stream(texts).map(TextSegment::from).toList());
                // Every word of timed texts is one token; those for accuracy are not timed.
                TOKENS.put(name, Arrays.stream(texts).mapToLong(text -> text.split(" ").length + 2).sum());
                model.embedAll(SETS.get(name).subList(0, 1));
                return Map.of("tokens", TOKENS.get(name), "batch", 1);
            }
            case "turn" -> {
                long cpu = cpu();
                long tokens = 0;
                do {
                    model.embedAll(SETS.get(name));
                    tokens += TOKENS.get(name);
                } while (seconds(begin) < order.get("seconds").asDouble());
                return Map.of("tokens", tokens, "seconds", seconds(begin), "cpu", (cpu() - cpu) / 1e9);
            }
            default -> {
                var vectors = model.embedAll(SETS.get(name)).content();
                var bytes = ByteBuffer.allocate(vectors.size() * vectors.get(0).dimension() * 4).order(ByteOrder.LITTLE_ENDIAN);
                vectors.forEach(vector -> vector.vectorAsList().forEach(bytes::putFloat));
                Files.write(Path.of(order.get("file").asText()), bytes.array());
                return Map.of("dimensions", vectors.get(0).dimension());
            }
        }
    }

    private static long cpu() {
        return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getProcessCpuTime();
    }

    private static double seconds(long begin) {
        return (System.nanoTime() - begin) / 1e9;
    }
}
