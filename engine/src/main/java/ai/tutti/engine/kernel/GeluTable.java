package ai.tutti.engine.kernel;

import static ai.tutti.engine.kernel.Assembler.at;
import static ai.tutti.engine.kernel.Assembler.zmm;

import ai.tutti.engine.kernel.Assembler.Reg;
import ai.tutti.engine.kernel.Assembler.Zmm;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.function.DoubleUnaryOperator;

/**
 * GELU of vectors of f32, as a part of other code; takes registers from 16 on: two for each coefficient, and three.
 *
 * <p>The function is a polynomial on each of 29 stretches, 0 to their left and x to their right; a vector holds 16 numbers, so
 * two registers hold one coefficient of all. The polynomials meet the function at the nodes of Chebyshev's polynomial of the
 * next degree. What becomes bf16 takes parabolas on stretches of 0.28, which leaves an error below 1.1e-4; half of a
 * bf16's last place is that at 0.05, and 20 times that at 1. What stays f32 takes cubics on stretches of 0.34: below 1e-5.
 */
final class GeluTable {
    private static final int STRETCHES = 32;
    private static final int OUTERMOST = 15;

    // Where the constants lie behind the coefficients of 1, x, x², ...
    private static final int LIMIT = 0;
    private static final int SCALE = LIMIT + 4;
    private static final int WHOLE = SCALE + 4;
    private static final int SIZE = WHOLE + 4;

    /** Added to a small number, it leaves the nearest whole one in the last bits. */
    private static final float TO_WHOLE = 0x1.8p23f;

    private static final int TABLES = 16;

    private final Assembler a;
    private final int coefficients;
    private final double step;
    private final long constants;
    private final Zmm limits;
    private final Zmm scales;
    private final Zmm wholes;

    /** @param function one of GELU's forms: close to 0 below -4, close to x above 4 */
    GeluTable(Assembler a, DoubleUnaryOperator function) {
        this(a, function, 3, 0.28);
    }

    /** For results in f32. */
    static GeluTable fine(Assembler a, DoubleUnaryOperator function) {
        return new GeluTable(a, function, 4, 0.34);
    }

    private GeluTable(Assembler a, DoubleUnaryOperator function, int coefficients, double step) {
        this.a = a;
        this.coefficients = coefficients;
        this.step = step;
        constants = constants(function).address();
        limits = zmm(TABLES + 2 * coefficients);
        scales = zmm(TABLES + 2 * coefficients + 1);
        wholes = zmm(TABLES + 2 * coefficients + 2);
    }

    /** Fills the registers. */
    void load(Reg free) {
        int behind = 2 * coefficients * 64;
        a.mov(free, constants);
        for (int i = 0; i < 2 * coefficients; i++) {
            a.vmovups(zmm(TABLES + i), at(free, i * 64));
        }
        a.vbroadcastss(limits, at(free, behind + LIMIT));
        a.vbroadcastss(scales, at(free, behind + SCALE));
        a.vbroadcastss(wholes, at(free, behind + WHOLE));
    }

    /**
     * The function's values.
     *
     * @param x kept, like all registers but the others named here
     * @param terms free registers, one for each coefficient
     * @return the last of them
     */
    Zmm apply(Zmm x, Zmm... terms) {
        int last = coefficients - 1;
        var stretch = terms[0];
        a.vrangeSmallest(stretch, x, limits);
        a.vfmadd213ps(stretch, scales, wholes);
        for (int i = 1; i <= last; i++) {
            a.vmovaps(terms[i], stretch);
        }
        for (int i = last; i >= 0; i--) {
            a.vpermi2ps(terms[i], zmm(TABLES + 2 * i), zmm(TABLES + 2 * i + 1));
        }
        for (int i = last - 1; i >= 0; i--) {
            a.vfmadd213ps(terms[last], x, terms[i]);
        }
        return terms[last];
    }

    private MemorySegment constants(DoubleUnaryOperator function) {
        int behind = coefficients * STRETCHES * Float.BYTES;
        var memory = Arena.global().allocate(behind + SIZE, 64);
        for (int i = -OUTERMOST; i <= OUTERMOST; i++) {
            double[] polynomial =
                    switch (i) {
                        case -OUTERMOST -> new double[coefficients];
                        case OUTERMOST -> identity();
                        default -> polynomial(function, i * step);
                    };
            for (int power = 0; power < coefficients; power++) {
                int place = power * STRETCHES + (i & (STRETCHES - 1));
                memory.setAtIndex(ValueLayout.JAVA_FLOAT, place, (float) polynomial[power]);
            }
        }
        memory.set(ValueLayout.JAVA_FLOAT, behind + LIMIT, (float) ((OUTERMOST + 0.4) * step));
        memory.set(ValueLayout.JAVA_FLOAT, behind + SCALE, (float) (1 / step));
        memory.set(ValueLayout.JAVA_FLOAT, behind + WHOLE, TO_WHOLE);
        return memory;
    }

    private double[] identity() {
        var identity = new double[coefficients];
        identity[1] = 1;
        return identity;
    }

    /** Factors of 1, x, x², ... of what meets the function at the Chebyshev nodes around a middle: Newton's divided differences. */
    private double[] polynomial(DoubleUnaryOperator function, double middle) {
        var nodes = new double[coefficients];
        var differences = new double[coefficients];
        for (int i = 0; i < coefficients; i++) {
            nodes[i] = middle + step / 2 * Math.cos(Math.PI * (i + 0.5) / coefficients);
            differences[i] = function.applyAsDouble(nodes[i]);
        }
        for (int order = 1; order < coefficients; order++) {
            for (int i = coefficients - 1; i >= order; i--) {
                differences[i] = (differences[i] - differences[i - 1]) / (nodes[i] - nodes[i - order]);
            }
        }
        var factors = new double[coefficients];
        for (int i = coefficients - 1; i >= 0; i--) { // factors = factors * (x - node) + difference
            for (int power = coefficients - 1; power > 0; power--) {
                factors[power] = factors[power - 1] - nodes[i] * factors[power];
            }
            factors[0] = differences[i] - nodes[i] * factors[0];
        }
        return factors;
    }
}
