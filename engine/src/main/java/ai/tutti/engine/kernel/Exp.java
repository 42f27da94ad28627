package ai.tutti.engine.kernel;

/**
 * Constants of {@code exp(x) = 2^n 2^f}, {@code n + f = x / ln 2}, f within a half of 0, by Taylor's polynomial of degree 6: off
 * by at most 2e-7 of itself. Loops that use them write the steps out: a vector that crosses a call is an object on the heap
 * once too much is inlined.
 */
final class Exp {
    static final float PER_LN2 = (float) (1 / Math.log(2));
    /** Added and taken away again, it leaves a number rounded to a whole one, which its last bits hold meanwhile. */
    static final float ROUND = 0x1.8p23f;

    static final float C1 = 0.6931472f;
    static final float C2 = 0.2402265f;
    static final float C3 = 0.05550411f;
    static final float C4 = 0.009618129f;
    static final float C5 = 0.0013333558f;
    static final float C6 = 1.540353e-4f;
    /** Where a float's exponent begins. */
    static final int EXPONENT = 23;

    private Exp() {}
}
