package ai.tutti.engine.kernel;

import static ai.tutti.engine.kernel.Assembler.zmm;

import ai.tutti.engine.kernel.Assembler.Zmm;

/** Instructions that make one number of a vector's, such as their sum or the largest of them, as a part of other code. */
final class Reduction {
    /** How two numbers become one: an instruction over two vectors, number by number. */
    @FunctionalInterface
    interface Join {
        void of(Zmm to, Zmm a, Zmm b);
    }

    private Reduction() {}

    /** All of a vector's numbers become one, in every number. */
    static void lanes(Assembler a, Zmm numbers, Zmm free, Join join) {
        for (int quarters : new int[] {0x4e, 0xb1}) {
            a.vshuff32x4(free, numbers, numbers, quarters);
            join.of(numbers, numbers, free);
        }
        for (int inQuarter : new int[] {0x4e, 0xb1}) {
            a.vshufps(free, numbers, numbers, inQuarter);
            join.of(numbers, numbers, free);
        }
    }

    /** All numbers of four registers become one, in every number of the first. */
    static void ofFour(Assembler a, int first, Zmm free, Join join) {
        var one = zmm(first);
        join.of(one, one, zmm(first + 1));
        join.of(zmm(first + 2), zmm(first + 2), zmm(first + 3));
        join.of(one, one, zmm(first + 2));
        lanes(a, one, free, join);
    }
}
