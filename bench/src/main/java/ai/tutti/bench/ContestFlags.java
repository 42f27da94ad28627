package ai.tutti.bench;

import java.time.Duration;
import picocli.CommandLine.Option;

/** How long to measure. */
final class ContestFlags {
    @Option(names = "--rounds", description = "turns of each side, of which the median counts (default: ${DEFAULT-VALUE})")
    private int rounds = 5;

    @Option(names = "--turn", description = "least length of a turn, in milliseconds (default: ${DEFAULT-VALUE})")
    private int turnMillis = 1000;

    Contest contest() {
        return new Contest(rounds, Duration.ofMillis(turnMillis));
    }
}
