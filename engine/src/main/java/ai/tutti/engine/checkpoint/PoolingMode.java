package ai.tutti.engine.checkpoint;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * How a text's hidden states become one vector. Several at once are concatenated: those that older files flag in this
 * order, those that newer files list in the list's.
 */
public enum PoolingMode {
    /** The first token's state. */
    CLS("cls", "pooling_mode_cls_token"),
    /** The greatest value of each dimension. */
    MAX("max", "pooling_mode_max_tokens"),
    /** The mean over all tokens. */
    MEAN("mean", "pooling_mode_mean_tokens"),
    /** The sum divided by the square root of the number of tokens. */
    MEAN_SQRT_LENGTH("mean_sqrt_len_tokens", "pooling_mode_mean_sqrt_len_tokens"),
    /** The mean weighted by position, 1 for the first token. */
    WEIGHTED_MEAN("weightedmean", "pooling_mode_weightedmean_tokens"),
    /** The last token's state. */
    LAST_TOKEN("lasttoken", "pooling_mode_lasttoken");

    private final String label;
    private final String flag;

    PoolingMode(String label, String flag) {
        this.label = label;
        this.flag = flag;
    }

    /** The name in {@code pooling_mode} of newer files. */
    String label() {
        return label;
    }

    /** The boolean key of older files. */
    String flag() {
        return flag;
    }

    static @Nullable PoolingMode labelled(String label) {
        return Arrays.stream(values()).filter(mode -> mode.label.equals(label)).findFirst().orElse(null);
    }
}
