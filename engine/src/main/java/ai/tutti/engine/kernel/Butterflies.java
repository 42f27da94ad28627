package ai.tutti.engine.kernel;

import static ai.tutti.engine.kernel.Assembler.at;
import static ai.tutti.engine.kernel.Assembler.zmm;

import ai.tutti.engine.kernel.Assembler.Reg;
import ai.tutti.engine.kernel.Assembler.Zmm;
import java.util.ArrayDeque;

/**
 * Machine code for two or three levels of {@link LongConvolver}'s tree, down ({@code split}) or up ({@code join}), on four or eight
 * complex numbers in registers: the arithmetic of {@link RingPasses} in six operations a pair down and eight up, see
 * {@link ConvolutionCode}. Registers 0 to 22 and from 24 on are taken.
 */
final class Butterflies {
    private static final int FIRST_FREE = 16;
    private static final int LAST_FREE = 22;
    private static final int FIRST_ROOT = 24;
    private static final int LEAST = 4;
    private static final int LINE = 64;
    private static final int HALF = 32;

    private final Assembler a;
    private final Zmm[] re = new Zmm[8];
    private final Zmm[] im = new Zmm[8];
    private final ArrayDeque<Zmm> free = new ArrayDeque<>();

    Butterflies(Assembler a) {
        this.a = a;
        for (int i = FIRST_FREE; i <= LAST_FREE; i++) {
            free.add(zmm(i));
        }
    }

    /** Bytes of the roots of one node: a cosine and a tangent each. */
    static int rootBytes(int radix) {
        return (radix == 8 ? 4 : 2) * 2 * Float.BYTES;
    }

    /** Loads a node's roots. */
    void roots(int radix, Reg from) {
        for (int i = 0; i < rootBytes(radix) / Float.BYTES; i++) {
            a.vbroadcastss(zmm(FIRST_ROOT + i), at(from, i * Float.BYTES));
        }
    }

    private static Zmm cosine(int root) {
        return zmm(FIRST_ROOT + 2 * root);
    }

    private static Zmm tangent(int root) {
        return zmm(FIRST_ROOT + 2 * root + 1);
    }

    private void begin() {
        free.clear();
        for (int i = FIRST_FREE; i <= LAST_FREE; i++) {
            free.add(zmm(i));
        }
        for (int i = 0; i < re.length; i++) {
            re[i] = zmm(2 * i);
            im[i] = zmm(2 * i + 1);
        }
    }

    /** Loads complex numbers, {@code stride} bytes from one to the next. */
    void load(int radix, Reg from, int stride) {
        begin();
        for (int i = 0; i < radix; i++) {
            a.vmovups(re[i], at(from, i * stride));
            a.vmovups(im[i], at(from, i * stride + LINE));
        }
    }

    /** Loads real numbers of f16. */
    void loadReal(int radix, Reg from, int stride) {
        begin();
        for (int i = 0; i < radix; i++) {
            a.vcvtph2ps(re[i], at(from, i * stride));
        }
    }

    void store(int radix, Reg to, int stride) {
        for (int i = 0; i < radix; i++) {
            a.vmovups(at(to, i * stride), re[i]);
            a.vmovups(at(to, i * stride + LINE), im[i]);
        }
    }

    /** The real part of a number. */
    Zmm real(int i) {
        return re[i];
    }

    /** Where its imaginary part was, which nobody needs after {@link #joinReal}. */
    Zmm imaginary(int i) {
        return im[i];
    }

    void split(int radix) {
        for (int i = 0; i < radix / 2; i++) {
            split(i, i + radix / 2, 0, false);
        }
        lowerDown(radix);
    }

    /** As {@link #split}, of real numbers. */
    void splitReal(int radix) {
        for (int i = 0; i < radix / 2; i++) {
            splitReal(i, i + radix / 2);
        }
        lowerDown(radix);
    }

    private void lowerDown(int radix) {
        if (radix == LEAST) {
            split(0, 1, 1, false);
            split(2, 3, 1, true);
            return;
        }
        split(0, 2, 1, false);
        split(1, 3, 1, false);
        split(4, 6, 1, true);
        split(5, 7, 1, true);
        split(0, 1, 2, false);
        split(2, 3, 2, true);
        split(4, 5, 3, false);
        split(6, 7, 3, true);
    }

    void join(int radix) {
        lowerUp(radix);
        for (int i = 0; i < radix / 2; i++) {
            join(i, i + radix / 2, 0, false);
        }
    }

    /** As {@link #join}, of which the real parts are wanted. */
    void joinReal(int radix) {
        lowerUp(radix);
        for (int i = 0; i < radix / 2; i++) {
            joinReal(i, i + radix / 2);
        }
    }

    private void lowerUp(int radix) {
        if (radix == LEAST) {
            join(0, 1, 1, false);
            join(2, 3, 1, true);
            return;
        }
        join(0, 1, 2, false);
        join(2, 3, 2, true);
        join(4, 5, 3, false);
        join(6, 7, 3, true);
        join(0, 2, 1, false);
        join(1, 3, 1, false);
        join(4, 6, 1, true);
        join(5, 7, 1, true);
    }

    /** Each number times one in integers of 16 bits, a line of real parts and imaginary ones. */
    void times(int radix, Reg factors) {
        var factorRe = free.remove();
        var factorIm = free.remove();
        var kept = free.remove();
        for (int i = 0; i < radix; i++) {
            a.vpmovsxwd(factorRe, at(factors, i * LINE));
            a.vpmovsxwd(factorIm, at(factors, i * LINE + HALF));
            a.vcvtdq2ps(factorRe, factorRe);
            a.vcvtdq2ps(factorIm, factorIm);
            a.vmovaps(kept, re[i]);
            a.vmulps(re[i], re[i], factorRe);
            a.vfnmadd231ps(re[i], im[i], factorIm);
            a.vmulps(im[i], im[i], factorRe);
            a.vfmadd231ps(im[i], kept, factorIm);
        }
        free.add(factorRe);
        free.add(factorIm);
        free.add(kept);
    }

    /** {@code p = a + w b}, {@code q = a - w b} in the places of a and b; with i w instead of w if {@code turned}. */
    private void split(int one, int two, int root, boolean turned) {
        var c = cosine(root);
        var t = tangent(root);
        var u = free.remove();
        var v = im[two];
        a.vmovaps(u, re[two]);
        a.vfnmadd231ps(u, t, im[two]);
        a.vfmadd231ps(v, t, re[two]);
        var real = re[two];
        var imaginary = free.remove();
        a.vmovaps(real, re[one]);
        a.vmovaps(imaginary, im[one]);
        if (turned) {
            a.vfmadd231ps(real, c, v);
            a.vfnmadd231ps(re[one], c, v);
            a.vfnmadd231ps(imaginary, c, u);
            a.vfmadd231ps(im[one], c, u);
        } else {
            a.vfnmadd231ps(real, c, u);
            a.vfmadd231ps(re[one], c, u);
            a.vfnmadd231ps(imaginary, c, v);
            a.vfmadd231ps(im[one], c, v);
        }
        im[two] = imaginary;
        free.add(u);
        free.add(v);
    }

    private void splitReal(int one, int two) {
        var c = cosine(0);
        var t = tangent(0);
        var real = free.remove();
        a.vmovaps(real, re[one]);
        a.vfnmadd231ps(real, c, re[two]);
        a.vfmadd231ps(re[one], c, re[two]);
        a.vmulps(re[two], re[two], t);
        a.vmulps(im[one], re[two], c);
        a.vpxord(im[two], im[two], im[two]);
        a.vfnmadd231ps(im[two], c, re[two]);
        free.add(re[two]);
        re[two] = real;
    }

    /** Twice a and b out of {@code a + w b} and {@code a - w b}. */
    private void join(int one, int two, int root, boolean turned) {
        var c = cosine(root);
        var t = tangent(root);
        var u = free.remove();
        var v = free.remove();
        a.vsubps(u, re[one], re[two]);
        a.vsubps(v, im[one], im[two]);
        a.vaddps(re[one], re[one], re[two]);
        a.vaddps(im[one], im[one], im[two]);
        var along = turned ? im[two] : re[two];
        var across = turned ? re[two] : im[two];
        a.vmovaps(along, u);
        if (turned) {
            a.vfnmsub231ps(along, t, v);
        } else {
            a.vfmadd231ps(along, t, v);
        }
        a.vfnmadd231ps(v, t, u);
        a.vmulps(along, along, c);
        a.vmulps(across, v, c);
        free.add(u);
        free.add(v);
    }

    private void joinReal(int one, int two) {
        var u = free.remove();
        a.vsubps(u, re[one], re[two]);
        a.vsubps(im[one], im[one], im[two]);
        a.vaddps(re[one], re[one], re[two]);
        a.vfmadd231ps(u, tangent(0), im[one]);
        a.vmulps(re[two], u, cosine(0));
        free.add(u);
    }
}
