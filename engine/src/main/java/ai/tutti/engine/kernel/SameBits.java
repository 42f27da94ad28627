package ai.tutti.engine.kernel;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Functions that give the same bits at every call. The JVM computes {@code lanewise(SIN)} and {@code lanewise(EXP)} by one
 * library while a loop is interpreted and by another once it is compiled; a model loaded twice would not be the same model.
 * Here is nothing but additions, products and fused ones, which have one result each.
 */
final class SameBits {
    /** Added and taken away again, it leaves a number below 2^22 rounded to a whole one, which its last bits hold meanwhile. */
    private static final float ROUND = 0x1.8p23f;

    private SameBits() {}

    /**
     * The sine, off by at most 3e-7 for angles up to 10,000.
     *
     * <p>{@code x = n pi + r} with r in half a turn around 0 (pi in three parts, Cody and Waite, 1980); then a minimax polynomial
     * of degree 11, negated for odd n.
     */
    static FloatVector sin(FloatVector x) {
        var shifted = x.mul((float) (1 / Math.PI)).add(ROUND);
        var n = shifted.sub(ROUND);
        var r = times(n, -0x1.921fb6p1f, x);
        r = times(n, 0x1.777a5cp-24f, r);
        r = times(n, 0x1.ee59dap-49f, r);
        var odd = ints(shifted).lanewise(VectorOperators.LSHL, 31);
        var square = r.mul(r);
        var sum = square.broadcast(-2.3889859e-08f).lanewise(VectorOperators.FMA, square, 2.7525562e-06f);
        sum = sum.lanewise(VectorOperators.FMA, square, -0.00019840874f);
        sum = sum.lanewise(VectorOperators.FMA, square, 0.008333331f);
        sum = sum.lanewise(VectorOperators.FMA, square, -0.16666667f);
        var sine = sum.mul(square).fma(r, r);
        return ints(sine).lanewise(VectorOperators.XOR, odd).reinterpretAsFloats();
    }

    /**
     * The exponential, off by at most 2e-7 of itself; below -87 as at -87, since numbers too small for their exponent would cost
     * a hundred times the others' time.
     *
     * <p>{@code exp(x) = 2^n exp(r)} with r within half of ln 2, by a polynomial of degree 7 (Moshier, Cephes).
     */
    static FloatVector exp(FloatVector x) {
        var bounded = x.max(-87).min(87);
        var shifted = bounded.mul((float) (1 / Math.log(2))).add(ROUND);
        var n = shifted.sub(ROUND);
        var r = times(n, -0.6933594f, bounded);
        r = times(n, 0.00021219444f, r);
        var sum = r.broadcast(0.00019875691f).lanewise(VectorOperators.FMA, r, 0.0013981999f);
        sum = sum.lanewise(VectorOperators.FMA, r, 0.008333452f);
        sum = sum.lanewise(VectorOperators.FMA, r, 0.041665796f);
        sum = sum.lanewise(VectorOperators.FMA, r, 0.16666666f);
        sum = sum.lanewise(VectorOperators.FMA, r, 0.5f);
        var power = sum.mul(r).fma(r, r).add(1);
        var scale = ints(shifted).sub(Float.floatToRawIntBits(ROUND) - 127).lanewise(VectorOperators.LSHL, 23);
        return power.mul(scale.reinterpretAsFloats());
    }

    /** As the other, of one number; the same bits. */
    static float exp(float x) {
        float bounded = Math.min(Math.max(x, -87), 87);
        float shifted = bounded * (float) (1 / Math.log(2)) + ROUND;
        float n = shifted - ROUND;
        float r = Math.fma(n, -0.6933594f, bounded);
        r = Math.fma(n, 0.00021219444f, r);
        float sum = Math.fma(0.00019875691f, r, 0.0013981999f);
        sum = Math.fma(sum, r, 0.008333452f);
        sum = Math.fma(sum, r, 0.041665796f);
        sum = Math.fma(sum, r, 0.16666666f);
        sum = Math.fma(sum, r, 0.5f);
        float power = Math.fma(sum * r, r, r) + 1;
        int scale = (Float.floatToRawIntBits(shifted) - (Float.floatToRawIntBits(ROUND) - 127)) << 23;
        return power * Float.intBitsToFloat(scale);
    }

    /** {@code a * b + c}, rounded once. */
    private static FloatVector times(FloatVector a, float b, FloatVector c) {
        return a.fma(a.broadcast(b), c);
    }

    private static IntVector ints(FloatVector x) {
        return x.reinterpretAsInts();
    }
}
