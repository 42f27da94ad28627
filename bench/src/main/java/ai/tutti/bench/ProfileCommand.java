package ai.tutti.bench;

import ai.tutti.engine.Engine;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Where a pass's time goes, on one core. Two child processes run the same passes: one with oneDNN's own profile on, whose
 * lines are added up, and one without, whose wall time counts, since printing the lines takes time. What is left between
 * the two is Java's share: vector loops, calls, scheduling.
 */
@Command(name = "profile", description = "where a pass's time goes: oneDNN's profile added up by kind of primitive")
final class ProfileCommand implements Callable<Integer> {
    @Option(names = "--precision", description = "auto, f32 or bf16 (default: auto)")
    private Arithmetic arithmetic = Arithmetic.AUTO;

    @Option(names = "--length", split = ",", description = "tokens a text (default: 16,128,512)")
    private int[] lengths = {16, 128, 512};

    @Override
    public Integer call() throws Exception {
        try (var engine = Engine.create(new Engine.Settings(1, 1))) {
            System.out.println(Machine.describe(engine.cpu()));
        }
        for (int length : lengths) {
            print(length, child(length, false), child(length, true));
        }
        return 0;
    }

    private static void print(int length, List<String> plain, List<String> profiled) {
        double wall = ProfiledPasses.millis(plain);
        Map<String, Double> kinds = new TreeMap<>();
        ProfiledPasses.profile(profiled)
                .forEach(line -> kinds.merge(line.kind(), line.millis() / ProfiledPasses.PASSES, Double::sum));
        double primitives = kinds.values().stream().mapToDouble(Double::doubleValue).sum();
        System.out.printf(
                "%n%d tokens a text: %,d tokens in %.1f ms (%.1f ms with the profile on)%n",
                length, ProfiledPasses.TOKENS, wall, ProfiledPasses.millis(profiled));
        var table = new Table("what", "ms", "share");
        kinds.entrySet().stream()
                .sorted(Map.Entry.<String, Double>comparingByValue().reversed())
                .forEach(kind -> row(table, kind.getKey(), kind.getValue(), wall));
        row(table, "the rest: Java's loops, calls, scheduling", wall - primitives, wall);
        table.print(System.out);
    }

    private static void row(Table table, String what, double millis, double wall) {
        table.row(what, "%.2f".formatted(millis), "%.1f %%".formatted(100 * millis / wall));
    }

    /** What a child process with this one's Java, class path and flags prints. */
    private List<String> child(int length, boolean profile) throws IOException, InterruptedException {
        var java = ProcessHandle.current().info().command().orElse("java");
        var command = new ArrayList<String>();
        command.add(java);
        command.addAll(List.of("-XX:+UseSerialGC", "-XX:+UseCompactObjectHeaders", "-Xss2m"));
        command.add("--enable-native-access=ALL-UNNAMED");
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName(), "profiled-passes"));
        command.addAll(List.of("--length", Integer.toString(length), "--precision", arithmetic.name()));
        var builder = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
        builder.environment().put("ONEDNN_VERBOSE", profile ? "profile_exec" : "none");
        var process = builder.start();
        try (var out = process.inputReader(StandardCharsets.UTF_8)) {
            var lines = out.readAllLines();
            if (process.waitFor() != 0) {
                throw new IllegalStateException("the child process failed; what it says stands above");
            }
            return lines;
        }
    }
}
