package ai.tutti.bench;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Measures contestants in turn, A B A B, so that what else the machine does hurts all of them alike, and takes each one's
 * median. A rest between turns lets the last one's threads stop spinning.
 */
record Contest(int rounds, Duration turn, Clock clock) {
    /** Which time counts. */
    enum Clock {
        /** The time that passes. */
        WALL,
        /** The time that this process computed, on all cores together: on a machine that others use too. */
        CPU;

        private static final OperatingSystemMXBean SYSTEM =
                ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);

        long nanos() {
            return this == WALL ? System.nanoTime() : SYSTEM.getProcessCpuTime();
        }
    }

    private static final Duration REST = Duration.ofMillis(50);

    /** Does a batch of work and says how many tokens it had. */
    @FunctionalInterface
    interface Work {
        long run() throws Exception;
    }

    /** Tokens a second: the median round, the slowest, the fastest. */
    record Rate(double median, double least, double most) {
        static Rate of(double... rounds) {
            var sorted = rounds.clone();
            Arrays.sort(sorted);
            int middle = sorted.length / 2;
            double median = sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
            return new Rate(median, sorted[0], sorted[sorted.length - 1]);
        }
    }

    /** Each contestant's rate, in their order, after a turn to warm up that does not count. */
    List<Rate> run(List<Work> contestants) throws Exception {
        var rates = new double[contestants.size()][rounds];
        for (int round = -1; round < rounds; round++) {
            for (int i = 0; i < rates.length; i++) {
                double rate = tokensPerSecond(contestants.get(i), turn, clock);
                if (round >= 0) {
                    rates[i][round] = rate;
                }
                Thread.sleep(REST);
            }
        }
        var medians = new ArrayList<Rate>();
        for (var one : rates) {
            medians.add(Rate.of(one));
        }
        return medians;
    }

    /** Works for at least the time given, once at least. */
    static double tokensPerSecond(Work work, Duration time) throws Exception {
        return tokensPerSecond(work, time, Clock.WALL);
    }

    private static double tokensPerSecond(Work work, Duration time, Clock clock) throws Exception {
        long begin = clock.nanos();
        long tokens = 0;
        long nanos;
        do {
            tokens += work.run();
            nanos = clock.nanos() - begin;
        } while (nanos < time.toNanos());
        return tokens * 1e9 / nanos;
    }
}
