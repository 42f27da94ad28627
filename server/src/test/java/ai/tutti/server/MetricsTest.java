package ai.tutti.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** What {@code /metrics} tells, and what the documentation says that it tells. */
final class MetricsTest {
    private static final String MODEL = "model=\"" + TestServer.MODEL + "\"";
    private static final Pattern TYPE = Pattern.compile("(?m)^# TYPE (\\S+) (\\S+)$");
    private static final Pattern ROW = Pattern.compile("(?m)^\\| (`\\w+`(?:, `\\w+`)*) \\|");
    private static final Pattern NAME = Pattern.compile("`(\\w+)`");

    @Test
    void theDocumentationNamesEveryMetricAndNoOther() throws IOException {
        try (ChatServer chat = ChatServer.that(request -> request.reply(500, "text/plain", "no"));
                TestServer server = TestServer.start(settings ->
                        TestServer.chatting(settings, chat.settings(null, Map.of(), Duration.ofSeconds(5))))) {
            assertThat(embed(server, "\"x\"").statusCode()).isEqualTo(200);
            String ask = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"Why?\"}]}";
            assertThat(server.post("/v1/chat/completions", ask).statusCode()).isEqualTo(502);
            Set<String> told = new TreeSet<>();
            scrape(server).types().keySet().stream()
                    .filter(name -> name.startsWith("tutti_") || name.equals("process_resident_memory_bytes"))
                    .map(name -> name.replaceFirst("_max$", ""))
                    .forEach(told::add);
            assertThat(told).isEqualTo(documented());
        }
    }

    private static Set<String> documented() throws IOException {
        String page = Files.readString(Path.of("../docs/operations.md"));
        String table = page.substring(page.indexOf("## Metrics"), page.indexOf("## Tracing"));
        return ROW.matcher(table).results()
                .flatMap(row -> NAME.matcher(row.group(1)).results())
                .map(name -> name.group(1))
                .filter(name -> !name.startsWith("jvm_"))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    @Test
    void whatAModelDoesIsCountedByLane() {
        TrafficSettings cached = new TrafficSettings(null, 1 << 20, false);
        try (TestServer server = TestServer.start(settings -> TestServer.regulated(settings, cached))) {
            assertThat(scrape(server).of("tutti_computed_texts_total", "interactive")).isZero();
            HttpResponse<byte[]> first = embed(server, "[\"tide\",\"tide and time\"]");
            HttpResponse<byte[]> second = embed(server, "[\"tide and time\",\"quay\"]", "x-tutti-priority", "bulk");
            assertThat(first.statusCode()).isEqualTo(200);
            assertThat(vector(second, 0)).isEqualTo(vector(first, 1));
            assertThat(first.headers().firstValue("x-tutti-cached-texts")).isEmpty();
            assertThat(second.headers().firstValue("x-tutti-cached-texts")).hasValue("1");
            assertThat(TestServer.json(second).at("/usage/prompt_tokens").intValue()).isEqualTo(8);

            Scrape scrape = scrape(server);
            assertThat(scrape.of("tutti_computed_texts_total", "interactive")).isEqualTo(2);
            assertThat(scrape.of("tutti_computed_tokens_total", "interactive")).isEqualTo(8);
            assertThat(scrape.of("tutti_computed_texts_total", "bulk")).isEqualTo(1);
            assertThat(scrape.of("tutti_cached_texts_total", "bulk")).isEqualTo(1);
            assertThat(scrape.of("tutti_tiles_total", "interactive")).isBetween(1.0, 2.0);
            assertThat(scrape.of("tutti_tiles_room_tokens_total", "interactive")).isGreaterThanOrEqualTo(8);
            assertThat(scrape.of("tutti_compute_seconds_total", "bulk")).isPositive();
            assertThat(scrape.of("tutti_refused_requests_total", "bulk")).isZero();
            assertThat(scrape.value("tutti_tokens_total{" + MODEL + "}")).isEqualTo(16);
            assertThat(scrape.value("tutti_cache_hits_total")).isEqualTo(1);
            assertThat(scrape.value("tutti_cache_misses_total")).isEqualTo(3);
            assertThat(scrape.value("tutti_cache_results")).isEqualTo(3);
            assertThat(scrape.value("tutti_cache_bytes")).isBetween(3 * 4.0 * 384, 3 * 4.0 * 1000);
            assertThat(scrape.value("tutti_workers_memory_bytes")).isGreaterThan(1 << 20);
            assertThat(scrape.value("tutti_cache_limit_bytes")).isEqualTo(1 << 20);
            assertThat(scrape.value("tutti_model_weights_bytes{" + MODEL + "}"))
                    .isEqualTo(scrape.value("tutti_models_memory_bytes"))
                    .isPositive();
            for (Stage stage : Stage.values()) {
                String labels = "{lane=\"bulk\",%s,stage=\"%s\"}".formatted(MODEL, stage.wireName());
                assertThat(scrape.value("tutti_stage_seconds_count" + labels)).as(labels).isEqualTo(1);
            }
            assertThat(scrape.value("tutti_model_requests_seconds_count{lane=\"bulk\",%s,operation=\"embeddings\"}".formatted(MODEL)))
                    .isEqualTo(1);
        }
    }

    @Test
    void theTimingsOfARequestAreInItsHeader() {
        String timings = embed(TestServer.shared(), "\"a text\"").headers().firstValue("server-timing").orElseThrow();
        assertThat(timings).matches("tokenise;dur=[0-9.]+, queue;dur=[0-9.]+, compute;dur=[0-9.]+, total;dur=[0-9.]+");
        double[] millis = Pattern.compile("dur=([0-9.]+)").matcher(timings).results()
                .map(match -> match.group(1))
                .mapToDouble(Double::parseDouble)
                .toArray();
        assertThat(millis[2]).isPositive();
        assertThat(millis[0] + millis[1] + millis[2]).isLessThanOrEqualTo(millis[3]);

        String texts = "[" + "\"tide\",".repeat(2000) + "\"x\"]";
        HttpResponse<byte[]> large = embed(TestServer.shared(), texts);
        assertThat(large.headers().firstValue("transfer-encoding")).hasValue("chunked");
        assertThat(large.headers().firstValue("server-timing").orElseThrow())
                .matches("tokenise;dur=[0-9.]+, queue;dur=[0-9.]+, total;dur=[0-9.]+");
    }

    private static HttpResponse<byte[]> embed(TestServer server, String input, String... headers) {
        return server.post("/v1/embeddings", "{\"model\":\"%s\",\"input\":%s}".formatted(TestServer.MODEL, input), headers);
    }

    private static String vector(HttpResponse<byte[]> reply, int index) {
        return TestServer.json(reply).at("/data/" + index + "/embedding").toString();
    }

    /** One look at all metrics. */
    private record Scrape(Map<String, String> types, Map<String, Double> values) {
        double value(String name) {
            assertThat(values).containsKey(name);
            return values.getOrDefault(name, 0.0);
        }

        double of(String name, String lane) {
            return value("%s{lane=\"%s\",%s}".formatted(name, lane, MODEL));
        }
    }

    private static Scrape scrape(TestServer server) {
        String text = new String(server.get("/metrics").body(), UTF_8);
        Map<String, String> types = TYPE.matcher(text).results().collect(Collectors.toMap(
                match -> match.group(1), MatchResult::group));
        Map<String, Double> values = new TreeMap<>();
        text.lines().filter(line -> !line.startsWith("#")).forEach(line -> {
            int space = line.lastIndexOf(' ');
            values.put(line.substring(0, space), Double.parseDouble(line.substring(space + 1)));
        });
        return new Scrape(types, values);
    }
}
