package ai.tutti.engine.kernel;

import static ai.tutti.engine.kernel.Assembler.at;
import static ai.tutti.engine.kernel.Assembler.zmm;

import ai.tutti.engine.kernel.Assembler.Condition;
import ai.tutti.engine.kernel.Assembler.Reg;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.function.DoubleUnaryOperator;

/** Machine code for GELU of numbers of bf16, in place, by {@link GeluTable}. */
final class GeluCode {
    /** Numbers of bf16 that are taken at a time. */
    static final int NUMBERS = 32;

    // Where the arguments lie.
    private static final int PLACE = 0;
    private static final int COUNT = 8;

    // Where the constants lie.
    private static final int INTERLEAVE = 0;
    private static final int UPPER = NUMBERS * Short.BYTES;
    private static final long CONSTANTS = constants().address();

    private static final Reg ADDRESS = Reg.RAX;
    private static final Reg LEFT = Reg.RCX;
    private static final Reg AT = Reg.RDX;

    private GeluCode() {}

    private static MemorySegment constants() {
        var memory = Arena.global().allocate(UPPER + Integer.BYTES, 64);
        for (int i = 0; i < NUMBERS; i++) {
            memory.setAtIndex(ValueLayout.JAVA_SHORT, i, (short) (i / 2 + i % 2 * 16));
        }
        memory.set(ValueLayout.JAVA_INT, UPPER, 0xffff0000);
        return memory;
    }

    /**
     * The code.
     *
     * @param function one of GELU's forms
     */
    static byte[] of(DoubleUnaryOperator function) {
        var a = new Assembler();
        var table = new GeluTable(a, function);
        var interleave = zmm(31);
        var upper = zmm(30);
        table.load(AT);
        a.mov(ADDRESS, at(Reg.RDI, PLACE));
        a.mov(LEFT, at(Reg.RDI, COUNT));
        a.mov(AT, CONSTANTS);
        a.vmovups(interleave, at(AT, INTERLEAVE));
        a.vbroadcastss(upper, at(AT, UPPER));
        var next = a.here();
        a.vmovups(zmm(0), at(ADDRESS, 0));
        a.vpandd(zmm(4), zmm(0), upper); // every second number in f32
        a.vpslld(zmm(0), zmm(0), Short.SIZE); // the others
        var even = table.apply(zmm(0), zmm(1), zmm(2), zmm(3));
        var odd = table.apply(zmm(4), zmm(5), zmm(6), zmm(7));
        a.vcvtne2ps2bf16(even, odd, even);
        a.vpermw(even, interleave, even);
        a.vmovups(at(ADDRESS, 0), even);
        a.add(ADDRESS, NUMBERS * Short.BYTES);
        a.sub(LEFT, NUMBERS);
        a.jump(Condition.ABOVE, next);
        a.vzeroupper();
        a.ret();
        return a.bytes();
    }
}
