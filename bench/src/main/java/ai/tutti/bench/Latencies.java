package ai.tutti.bench;

import java.util.Arrays;

/** How long single requests took. */
final class Latencies {
    private double[] millis = new double[1024];
    private int count;

    synchronized void add(long nanos) {
        if (count == millis.length) {
            millis = Arrays.copyOf(millis, count * 2);
        }
        millis[count++] = nanos / 1e6;
    }

    synchronized int count() {
        return count;
    }

    /** The time in ms within which a share of them was answered. */
    synchronized double at(double share) {
        double[] sorted = Arrays.copyOf(millis, count);
        Arrays.sort(sorted);
        return sorted[(int) Math.ceil(share * count) - 1];
    }

    /** As {@link #at}, for a table. */
    String text(double share) {
        return "%.2f".formatted(at(share));
    }
}
