package ai.tutti.bench;

import java.time.Duration;
import picocli.CommandLine.Option;

/** How long to measure. */
final class ContestFlags {
    @Option(names = "--rounds", description = "turns of each side, of which the median counts (default: ${DEFAULT-VALUE})")
    private int rounds = 5;

    @Option(names = "--turn", description = "least length of a turn, in milliseconds (default: ${DEFAULT-VALUE})")
    private int turnMillis = 1000;

    @Option(
            names = "--clock",
            description = "wall, or cpu: the cores' time, on a machine that others use too (default: ${DEFAULT-VALUE})")
    private Contest.Clock clock = Contest.Clock.WALL;

    Contest contest() {
        return new Contest(rounds, Duration.ofMillis(turnMillis), clock);
    }
}
