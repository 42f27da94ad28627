package ai.tutti.engine.family;

import ai.tutti.engine.checkpoint.ModelConfig;
import ai.tutti.engine.checkpoint.ModelLoadException;

/**
 * From the distance of two tokens to a row of DeBERTa's table of relative positions: near distances have a row each, far
 * ones share rows of logarithmically growing width.
 *
 * @param span half the table's rows; distance 0 has row {@code span}
 * @param buckets {@code position_buckets}; 0 when every distance has its own row
 * @param longest the distance up to which rows are shared out
 */
record RelativePositions(int span, int buckets, int longest) {
    static RelativePositions of(ModelConfig config, Sizes sizes) {
        int longest = config.intOr("max_relative_positions", -1);
        longest = longest < 1 ? sizes.positions() : longest;
        int buckets = Math.max(0, config.intOr("position_buckets", -1));
        boolean near = sizes.positions() - 1 <= buckets / 2; // no distance is far enough to share a row
        if (buckets == 1 || (buckets > 0 && longest - 1 <= buckets / 2 && !near)) {
            throw new ModelLoadException("%s: position_buckets %d do not fit max_relative_positions %d"
                    .formatted(config.file(), buckets, longest));
        }
        return new RelativePositions(buckets > 0 ? buckets : longest, buckets, longest);
    }

    /** How many rows the table has. */
    int rows() {
        return 2 * span;
    }

    /** The row of a distance, from query to key. */
    int row(int distance) {
        return Math.clamp((long) bucket(distance) + span, 0, rows() - 1);
    }

    /** In f32, step by step as in the reference: in double some distances at a bucket's edge come out one further. */
    private int bucket(int distance) {
        int middle = buckets / 2;
        int size = Math.abs(distance);
        if (buckets == 0 || size <= middle) {
            return distance;
        }
        float share = (float) Math.log((float) size / middle) / (float) Math.log((float) ((longest - 1.0) / middle));
        return Integer.signum(distance) * ((int) Math.ceil(share * (middle - 1)) + middle);
    }
}
