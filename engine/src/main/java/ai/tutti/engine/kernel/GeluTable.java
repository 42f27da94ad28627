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
 * GELU of vectors of f32 that become bf16, as a part of other code; takes registers 16 to 24.
 *
 * <p>The function is a parabola on each of 29 stretches of 0.28, 0 to their left and x to their right; a vector holds 16
 * numbers, so two registers hold one coefficient of all. The parabolas meet the function at the three nodes of Chebyshev's
 * polynomial, which leaves an error below 1.1e-4; half of a bf16's last place is that at 0.05, and 20 times that at 1.
 */
final class GeluTable {
    private static final double STEP = 0.28;
    private static final int STRETCHES = 32;
    private static final int OUTERMOST = 15;

    // Where the constants lie: coefficients of 1, x and x² first.
    private static final int LIMIT = 3 * STRETCHES * Float.BYTES;
    private static final int SCALE = LIMIT + 4;
    private static final int WHOLE = SCALE + 4;
    private static final int SIZE = WHOLE + 4;

    /** Added to a small number, it leaves the nearest whole one in the last bits. */
    private static final float TO_WHOLE = 0x1.8p23f;

    private static final int TABLES = 16;
    private static final Zmm LIMITS = zmm(22);
    private static final Zmm SCALES = zmm(23);
    private static final Zmm WHOLES = zmm(24);

    private final Assembler a;
    private final long constants;

    /** @param function one of GELU's forms: close to 0 below -4, close to x above 4 */
    GeluTable(Assembler a, DoubleUnaryOperator function) {
        this.a = a;
        constants = constants(function).address();
    }

    /** Fills the registers. */
    void load(Reg free) {
        a.mov(free, constants);
        for (int i = 0; i < 6; i++) {
            a.vmovups(zmm(TABLES + i), at(free, i * 64));
        }
        a.vbroadcastss(LIMITS, at(free, LIMIT));
        a.vbroadcastss(SCALES, at(free, SCALE));
        a.vbroadcastss(WHOLES, at(free, WHOLE));
    }

    /**
     * The function's values.
     *
     * @param x kept, like all registers but the others named here
     * @return {@code square}
     */
    Zmm apply(Zmm x, Zmm constant, Zmm linear, Zmm square) {
        a.vrangeSmallest(constant, x, LIMITS);
        a.vfmadd213ps(constant, SCALES, WHOLES);
        a.vmovaps(linear, constant);
        a.vmovaps(square, constant);
        a.vpermi2ps(square, zmm(TABLES + 4), zmm(TABLES + 5));
        a.vpermi2ps(linear, zmm(TABLES + 2), zmm(TABLES + 3));
        a.vpermi2ps(constant, zmm(TABLES), zmm(TABLES + 1));
        a.vfmadd213ps(square, x, linear);
        a.vfmadd213ps(square, x, constant);
        return square;
    }

    private static MemorySegment constants(DoubleUnaryOperator function) {
        var memory = Arena.global().allocate(SIZE, 64);
        for (int i = -OUTERMOST; i <= OUTERMOST; i++) {
            double[] parabola =
                    switch (i) {
                        case -OUTERMOST -> new double[] {0, 0, 0};
                        case OUTERMOST -> new double[] {0, 1, 0};
                        default -> parabola(function, i * STEP);
                    };
            for (int power = 0; power < parabola.length; power++) {
                int place = power * STRETCHES + (i & (STRETCHES - 1));
                memory.setAtIndex(ValueLayout.JAVA_FLOAT, place, (float) parabola[power]);
            }
        }
        memory.set(ValueLayout.JAVA_FLOAT, LIMIT, (float) ((OUTERMOST + 0.4) * STEP));
        memory.set(ValueLayout.JAVA_FLOAT, SCALE, (float) (1 / STEP));
        memory.set(ValueLayout.JAVA_FLOAT, WHOLE, TO_WHOLE);
        return memory;
    }

    /** The parabola through the function's values at the three Chebyshev nodes around a middle: factors of 1, x and x². */
    private static double[] parabola(DoubleUnaryOperator function, double middle) {
        double node = STEP / 2 * Math.cos(Math.PI / 6);
        double value = function.applyAsDouble(middle);
        double left = function.applyAsDouble(middle - node);
        double right = function.applyAsDouble(middle + node);
        double slope = (right - left) / (2 * node);
        double bend = (right + left - 2 * value) / (2 * node * node);
        return new double[] {value - slope * middle + bend * middle * middle, slope - 2 * bend * middle, bend};
    }
}
