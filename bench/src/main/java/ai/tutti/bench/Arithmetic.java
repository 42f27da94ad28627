package ai.tutti.bench;

import ai.tutti.engine.tensor.Precision;
import org.jspecify.annotations.Nullable;

/** What {@code --precision} takes. */
enum Arithmetic {
    AUTO(null),
    F32(Precision.F32),
    BF16(Precision.BF16),
    INT8(Precision.INT8);

    private final @Nullable Precision precision;

    Arithmetic(@Nullable Precision precision) {
        this.precision = precision;
    }

    /** Null: as the CPU gains by it. */
    @Nullable Precision precision() {
        return precision;
    }
}
