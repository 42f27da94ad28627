package ai.tutti.bench;

import ai.tutti.engine.EmbeddingOptions;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The child process of {@link ProfileCommand}: warms up, then computes between two lines that it prints. */
@Command(name = "profiled-passes", hidden = true)
final class ProfiledPasses implements Callable<Integer> {
    /** Tokens of a pass. */
    static final int TOKENS = 2048;
    /** Passes between the two lines. */
    static final int PASSES = 15;

    private static final String BEGIN = "passes begin";
    private static final String END = "passes end, ms: ";
    private static final int WARM_UP = 20;

    @Mixin
    private final EngineFlags flags = new EngineFlags();

    @Option(names = "--length")
    private int length = 128;

    @Override
    public Integer call() throws Exception {
        try (var engine = flags.engine();
                var model = flags.load(engine, EngineFlags.bundled())) {
            var texts = model.acceptTokens(Samples.ids(TOKENS / length, length), EmbeddingOptions.DEFAULT);
            for (int i = 0; i < WARM_UP; i++) {
                model.vectors(texts);
            }
            System.out.println(BEGIN);
            long begin = System.nanoTime();
            for (int i = 0; i < PASSES; i++) {
                model.vectors(texts);
            }
            System.out.println(END + (System.nanoTime() - begin) / 1e6 / PASSES);
        }
        return 0;
    }

    /** The wall time of a pass, the mean of all, as a child printed it. */
    static double millis(List<String> lines) {
        return lines.stream()
                .filter(line -> line.startsWith(END))
                .mapToDouble(line -> Double.parseDouble(line.substring(END.length())))
                .findFirst()
                .orElseThrow();
    }

    /** The primitives that a child's passes executed. */
    static List<ProfileLine> profile(List<String> lines) {
        return lines.stream()
                .dropWhile(line -> !line.equals(BEGIN))
                .takeWhile(line -> !line.startsWith(END))
                .filter(ProfileLine::isOne)
                .map(ProfileLine::parse)
                .toList();
    }
}
