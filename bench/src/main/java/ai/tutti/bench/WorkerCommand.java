package ai.tutti.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Tutti as one of the contestants of {@code bench/compare}: reads one JSON object a line from standard input and answers each
 * with one. {@code bench/rivals/protocol.py} says the same to the others.
 */
@Command(name = "worker", hidden = true, description = "a contestant of bench/compare, told what to do line by line")
final class WorkerCommand implements Callable<Integer> {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    @Override
    public Integer call() throws IOException {
        var answers = System.out;
        System.setOut(System.err);
        var orders = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        try (var contender = new Contender()) {
            for (var line = orders.readLine(); line != null; line = orders.readLine()) {
                answer(answers, carryOut(contender, JSON.readTree(line)));
            }
        }
        return 0;
    }

    private static Map<String, ?> carryOut(Contender contender, JsonNode order) {
        try {
            return switch (order.get("do").stringValue()) {
                case "load" -> contender.load(order);
                case "texts" -> contender.texts(order);
                case "turn" -> contender.turn(order);
                case "vectors" -> contender.vectors(order);
                default -> Map.of("error", "no such order: " + order);
            };
        } catch (Exception e) {
            e.printStackTrace();
            return Map.of("error", String.valueOf(e.getMessage()));
        }
    }

    private static void answer(PrintStream answers, Map<String, ?> answer) {
        answers.println(JSON.writeValueAsString(answer));
        answers.flush();
    }
}
