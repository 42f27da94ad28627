package ai.tutti.engine.kernel;

import static ai.tutti.engine.kernel.Assembler.at;
import static ai.tutti.engine.kernel.Assembler.zmm;

import ai.tutti.engine.kernel.Assembler.Condition;
import ai.tutti.engine.kernel.Assembler.Reg;
import ai.tutti.engine.kernel.Assembler.Zmm;

/** Machine code for {@link RowLoops#shortFilter} over one block of 16 channels at a time, in the same order of operations. */
final class ShortFilterCode {
    /** Channels of a block. */
    static final int CHANNELS = 16;

    // Where the arguments lie.
    private static final int ROWS = 0;
    private static final int WEIGHTS = 8;
    private static final int COUNT = 16;
    private static final int PRODUCT = 24;
    private static final int GATE = 32;

    private static final int LINE = 64;
    private static final int TAPS = 3;
    private static final int FIRST_TAP = 8;

    /** How far ahead lines are asked for before they are written: the caches foresee none behind a page's end. */
    private static final int LINES_AHEAD = 16;

    private static final Reg ROW = Reg.RAX;
    private static final Reg LEFT = Reg.RCX;
    private static final Reg TO = Reg.RDX;
    private static final Reg GATE_TO = Reg.RSI;

    private ShortFilterCode() {}

    /**
     * @param streams 3, or 2 without a gate
     * @param channels of each
     */
    static byte[] of(int streams, int channels) {
        var a = new Assembler();
        int apart = channels * Float.BYTES;
        int stride = streams * apart;
        a.mov(ROW, at(Reg.RDI, WEIGHTS));
        for (int i = 0; i < (TAPS + 1) * streams; i++) {
            a.vmovups(zmm(FIRST_TAP + i), at(ROW, i * apart));
        }
        a.mov(ROW, at(Reg.RDI, ROWS));
        a.mov(LEFT, at(Reg.RDI, COUNT));
        a.mov(TO, at(Reg.RDI, PRODUCT));
        a.mov(GATE_TO, at(Reg.RDI, GATE));
        var next = a.here();
        for (int stream = 0; stream < streams; stream++) {
            var sum = zmm(stream);
            a.vmovaps(sum, tap(TAPS, stream, streams));
            for (int tap = 0; tap < TAPS; tap++) {
                a.vfmadd231ps(sum, tap(tap, stream, streams), at(ROW, tap * stride + stream * apart));
            }
        }
        a.vmulps(zmm(0), zmm(0), zmm(1));
        a.vmovups(at(TO, 0), zmm(0));
        a.prefetcht1(at(TO, LINES_AHEAD * LINE));
        a.add(ROW, stride);
        a.add(TO, LINE);
        if (streams > 2) {
            a.vmovups(at(GATE_TO, 0), zmm(2));
            a.prefetcht1(at(GATE_TO, LINES_AHEAD * LINE));
            a.add(GATE_TO, LINE);
        }
        a.sub(LEFT, 1);
        a.jump(Condition.NOT_EQUAL, next);
        a.vzeroupper();
        a.ret();
        return a.bytes();
    }

    /** A stream's tap, or its bias behind the taps. */
    private static Zmm tap(int which, int stream, int streams) {
        return zmm(FIRST_TAP + which * streams + stream);
    }
}
