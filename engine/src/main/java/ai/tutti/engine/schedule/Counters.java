package ai.tutti.engine.schedule;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What every model has done in every lane. Guarded by the scheduler's lock, which whoever counts holds already. */
final class Counters {
    /** How much of what is known of a model's speed is kept at each of its tiles. */
    private static final double MEMORY = 0.9;

    private final Map<Key, Counter> counters = new HashMap<>();

    private record Key(String model, Lane lane) {}

    /** Of one model in one lane. */
    static final class Counter {
        long texts;
        long tokens;
        long tiles;
        long tileRoom;
        long queueNanos;
        long computeNanos;
        long givenUp;
        long pastDeadline;
        long shared;
        long cached;
        long refused;
        /** Tokens that wait or run, or are yet to be submitted. */
        long open;

        private double lateTokens;
        private double lateNanos;

        /** A tile was computed. */
        void computed(int texts, int tokens, int room, long nanos) {
            this.texts += texts;
            this.tokens += tokens;
            tiles++;
            tileRoom += room;
            computeNanos += nanos;
            lateTokens = MEMORY * lateTokens + tokens;
            lateNanos = MEMORY * lateNanos + nanos;
        }

        private LaneStatistics snapshot(Key key) {
            return new LaneStatistics(
                    key.model,
                    key.lane,
                    texts,
                    tokens,
                    tiles,
                    tileRoom,
                    queueNanos,
                    computeNanos,
                    givenUp,
                    pastDeadline,
                    shared,
                    cached,
                    refused);
        }
    }

    Counter of(TileRunner model, Lane lane) {
        return counters.computeIfAbsent(new Key(model.model(), lane), _ -> new Counter());
    }

    /** How long a worker will be computing what is open in a lane, at the speed seen lately, in nanoseconds; 0: nothing is known. */
    double openNanos(Lane lane) {
        double nanos = 0;
        for (var entry : counters.entrySet()) {
            var counter = entry.getValue();
            if (entry.getKey().lane == lane && counter.lateTokens > 0) {
                nanos += counter.open * counter.lateNanos / counter.lateTokens;
            }
        }
        return nanos;
    }

    List<LaneStatistics> snapshot() {
        var all = new ArrayList<LaneStatistics>();
        counters.forEach((key, counter) -> all.add(counter.snapshot(key)));
        return all;
    }
}
