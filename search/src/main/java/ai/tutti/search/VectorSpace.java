package ai.tutti.search;

import static java.util.Objects.requireNonNull;

/**
 * What vectors must have in common to be compared. All similarities are cosines: stores scale vectors to length 1.
 *
 * @param model the name of the model that makes them
 * @param dimensions their length, from 1 to {@value #MAX_DIMENSIONS}
 */
public record VectorSpace(String model, int dimensions) {
    /** The longest vectors that both stores take. */
    public static final int MAX_DIMENSIONS = 4_096;

    public VectorSpace {
        requireNonNull(model, "model is null");
        if (model.isBlank()) {
            throw new IllegalArgumentException("model is blank");
        }
        if (dimensions < 1 || dimensions > MAX_DIMENSIONS) {
            throw new IllegalArgumentException(
                    "dimensions must be between 1 and %,d, not %d".formatted(MAX_DIMENSIONS, dimensions));
        }
    }

    /**
     * Makes sure that a store's vectors can be compared with this model's.
     *
     * @param place the store, for the message
     * @param stored what it holds
     * @throws StoreException when they cannot
     */
    void requireSame(String place, VectorSpace stored) {
        if (!equals(stored)) {
            throw new StoreException("%s holds vectors of %s with %,d dimensions, not of %s with %,d: take that model, or index anew"
                    .formatted(place, stored.model, stored.dimensions, model, dimensions));
        }
    }

    /**
     * A vector scaled to length 1.
     *
     * @throws IllegalArgumentException unless it has the dimensions, finite numbers, and a length
     */
    float[] unit(float[] vector) {
        if (vector.length != dimensions) {
            throw new IllegalArgumentException("a vector of %s has %,d dimensions, not %,d"
                    .formatted(model, dimensions, vector.length));
        }
        double squares = 0;
        for (float x : vector) {
            squares += (double) x * x;
        }
        if (!(squares > 0) || Double.isInfinite(squares)) {
            throw new IllegalArgumentException("a vector's numbers must be finite and not all 0");
        }
        double scale = 1 / Math.sqrt(squares);
        float[] unit = new float[vector.length];
        for (int i = 0; i < unit.length; i++) {
            unit[i] = (float) (vector[i] * scale);
        }
        return unit;
    }
}
