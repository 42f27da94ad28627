package ai.tutti.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import picocli.CommandLine.Command;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The clients of {@code bench/compare}: the same for every server. Reads one JSON object a line, {@code {"jobs": [{"port",
 * "path", "file", "clients", "seconds", "after", "limit", "patience"}]}}, runs the jobs side by side, and says of each how many
 * requests were answered and how long they took. A job's file holds a request body a line, which its clients take in turn.
 */
@Command(name = "load", hidden = true, description = "clients for a server on this machine, told what to do line by line")
final class LoadCommand implements Callable<Integer> {
    private static final double MOST_SECONDS = 300;
    private static final JsonMapper JSON = JsonMapper.builder().build();

    @Override
    public Integer call() throws Exception {
        var orders = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (var line = orders.readLine(); line != null; line = orders.readLine()) {
                var running = new ArrayList<Future<Map<String, ?>>>();
                for (var job : JSON.readTree(line).get("jobs")) {
                    running.add(threads.submit(() -> run(job)));
                }
                var answers = new ArrayList<Map<String, ?>>();
                for (var one : running) {
                    answers.add(one.get());
                }
                System.out.println(JSON.writeValueAsString(Map.of("jobs", answers)));
            }
        }
        return 0;
    }

    private static Map<String, ?> run(JsonNode job) throws IOException, InterruptedException {
        var bodies = bodies(Path.of(job.get("file").stringValue()));
        var load = new Load(
                job.get("port").intValue(),
                job.get("path").stringValue(),
                bodies,
                duration(job.get("seconds").doubleValue()),
                job.path("limit").asLong(Long.MAX_VALUE),
                duration(job.path("patience").asDouble(MOST_SECONDS)));
        Thread.sleep(duration(job.path("after").asDouble(0)));
        var found = load.run(job.get("clients").intValue());
        var answer = new LinkedHashMap<String, Object>();
        answer.put("requests", found.latencies().count());
        answer.put("seconds", found.seconds());
        answer.put("answered", found.answered());
        answer.put("failed", found.failed());
        answer.put("why", found.why());
        if (found.latencies().count() > 0) {
            answer.put("p50", found.latencies().at(0.5));
            answer.put("p90", found.latencies().at(0.9));
            answer.put("p99", found.latencies().at(0.99));
            answer.put("longest", found.latencies().at(1));
        }
        return answer;
    }

    private static List<byte[]> bodies(Path file) throws IOException {
        return Files.readAllLines(file).stream().map(line -> line.getBytes(StandardCharsets.UTF_8)).toList();
    }

    private static Duration duration(double seconds) {
        return Duration.ofMillis(Math.round(seconds * 1000));
    }
}
