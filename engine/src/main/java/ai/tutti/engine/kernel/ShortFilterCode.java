package ai.tutti.engine.kernel;

import static ai.tutti.engine.kernel.Assembler.at;
import static ai.tutti.engine.kernel.Assembler.zmm;

import ai.tutti.engine.kernel.Assembler.Condition;
import ai.tutti.engine.kernel.Assembler.Memory;
import ai.tutti.engine.kernel.Assembler.Reg;
import ai.tutti.engine.kernel.Assembler.Zmm;

/**
 * Machine code for {@link RowLoops#shortFilter}, one block of 16 channels after another, in the same order of operations; its results
 * may be f16.
 */
final class ShortFilterCode {
    /** Channels of a block. */
    static final int CHANNELS = 16;

    // Where the arguments lie.
    private static final int ROWS = 0;
    private static final int WEIGHTS = 8;
    private static final int COUNT = 16;
    private static final int PRODUCT = 24;
    private static final int GATE = 32;
    private static final int BLOCK_STRIDE = 40;

    /** More would take too much code. */
    static final int MOST_CHANNELS = 4096;

    private static final int LINE = 64;
    private static final int TAPS = 3;
    private static final int FIRST_TAP = 8;

    /** How far ahead lines are asked for before they are written: the caches foresee none behind a page's end. */
    private static final int LINES_AHEAD = 16;

    private static final Reg ROW = Reg.RAX;
    private static final Reg LEFT = Reg.RCX;
    private static final Reg TO = Reg.RDX;
    private static final Reg GATE_TO = Reg.RSI;
    private static final Reg STRIDE = Reg.R8;
    private static final Reg FREE = Reg.R9;

    private ShortFilterCode() {}

    /**
     * @param streams 3, or 2 without a gate
     * @param channels of each
     * @param halves whether f16 is written, and not f32
     */
    static byte[] of(int streams, int channels, boolean halves) {
        var a = new Assembler();
        for (int block = 0; block < channels / CHANNELS; block++) {
            block(a, block, streams, channels * Float.BYTES, halves);
        }
        a.vzeroupper();
        a.ret();
        return a.bytes();
    }

    /** @param apart bytes from one stream of a row to the next */
    private static void block(Assembler a, int block, int streams, int apart, boolean halves) {
        int line = halves ? LINE / 2 : LINE;
        int stride = streams * apart;
        a.mov(ROW, at(Reg.RDI, WEIGHTS));
        for (int i = 0; i < (TAPS + 1) * streams; i++) {
            a.vmovups(zmm(FIRST_TAP + i), at(ROW, block * LINE + i * apart));
        }
        a.mov(ROW, at(Reg.RDI, ROWS));
        a.add(ROW, block * LINE);
        a.mov(LEFT, at(Reg.RDI, COUNT));
        a.mov(TO, at(Reg.RDI, PRODUCT));
        a.mov(GATE_TO, at(Reg.RDI, GATE));
        a.mov(STRIDE, at(Reg.RDI, BLOCK_STRIDE));
        for (var argument : new Memory[] {at(Reg.RDI, PRODUCT), at(Reg.RDI, GATE)}) {
            a.mov(FREE, argument);
            a.add(FREE, STRIDE);
            a.mov(argument, FREE);
        }
        var next = a.here();
        for (int stream = 0; stream < streams; stream++) {
            var sum = zmm(stream);
            a.vmovaps(sum, tap(TAPS, stream, streams));
            for (int tap = 0; tap < TAPS; tap++) {
                a.vfmadd231ps(sum, tap(tap, stream, streams), at(ROW, tap * stride + stream * apart));
            }
        }
        a.vmulps(zmm(0), zmm(0), zmm(1));
        put(a, TO, zmm(0), halves);
        a.add(ROW, stride);
        a.add(TO, line);
        if (streams > 2) {
            put(a, GATE_TO, zmm(2), halves);
            a.add(GATE_TO, line);
        }
        a.sub(LEFT, 1);
        a.jump(Condition.NOT_EQUAL, next);
    }

    private static void put(Assembler a, Reg to, Zmm numbers, boolean halves) {
        if (halves) {
            a.vcvtps2ph(at(to, 0), numbers);
        } else {
            a.vmovups(at(to, 0), numbers);
        }
        a.prefetcht1(at(to, LINES_AHEAD * LINE));
    }

    /** A stream's tap, or its bias behind the taps. */
    private static Zmm tap(int which, int stream, int streams) {
        return zmm(FIRST_TAP + which * streams + stream);
    }
}
