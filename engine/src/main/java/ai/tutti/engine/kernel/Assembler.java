package ai.tutti.engine.kernel;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Writes x86-64 machine code: the few instructions that {@link AttentionCode} and its like need, one method each, named and with
 * operands in the order of Intel's manual, the destination first.
 *
 * <p>Encodings: Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2: chapter 2 for the prefixes (REX,
 * VEX, EVEX), each instruction's page for the rest. Displacements always take four bytes.
 */
final class Assembler {
    private static final int MOST_BYTES = 1 << 16;
    private static final int FAR = 0b10 << 6;
    private static final int DIRECT = 0b11 << 6;

    private final ByteBuffer code = ByteBuffer.allocate(MOST_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    private final List<Runnable> jumps = new ArrayList<>();

    /** What an operand may be; the number is the register's own. */
    sealed interface Operand permits Zmm, Memory {}

    /** A general register. */
    enum Reg {
        RAX(0),
        RCX(1),
        RDX(2),
        RBX(3),
        RSP(4),
        RBP(5),
        RSI(6),
        RDI(7),
        R8(8),
        R9(9),
        R10(10),
        R11(11),
        R12(12),
        R13(13),
        R14(14),
        R15(15);

        private final int number;

        Reg(int number) {
            this.number = number;
        }
    }

    /** A vector register of 512 bits. */
    record Zmm(int number) implements Operand {}

    /** A tile register of 16 rows of 64 bytes. */
    record Tile(int number) {}

    /** A mask register. */
    record Mask(int number) {}

    /**
     * Bytes in memory.
     *
     * @param broadcast whether one number there stands for all of a vector's
     */
    record Memory(Reg base, int offset, boolean broadcast) implements Operand {
        Memory plus(int bytes) {
            return new Memory(base, offset + bytes, broadcast);
        }
    }

    /** A place in the code, for jumps to it. */
    static final class Label {
        private int place = -1;
    }

    /** When a conditional jump is taken, comparing unsigned numbers. */
    enum Condition {
        BELOW(2),
        ABOVE_OR_EQUAL(3),
        EQUAL(4),
        NOT_EQUAL(5),
        ABOVE(7);

        private final int code;

        Condition(int code) {
            this.code = code;
        }
    }

    private enum Page {
        P0F(1),
        P0F38(2),
        P0F3A(3);

        private final int code;

        Page(int code) {
            this.code = code;
        }
    }

    private enum Prefix {
        NONE(0),
        X66(1),
        XF3(2),
        XF2(3);

        private final int code;

        Prefix(int code) {
            this.code = code;
        }
    }

    /** An instruction's prefix, page, width bit and number. */
    private record Code(Prefix prefix, Page page, int w, int number) {}

    static Memory at(Reg base, int offset) {
        return new Memory(base, offset, false);
    }

    /** One number in memory, for every number of a vector. */
    static Memory each(Reg base, int offset) {
        return new Memory(base, offset, true);
    }

    static Zmm zmm(int number) {
        return new Zmm(number);
    }

    static Tile tile(int number) {
        return new Tile(number);
    }

    /** The code, every jump in its place. */
    byte[] bytes() {
        jumps.forEach(Runnable::run);
        jumps.clear();
        return Arrays.copyOf(code.array(), code.position());
    }

    // General registers.

    void mov(Reg to, Reg from) {
        rex(from.number, to.number, 0x89);
        code.put((byte) (DIRECT | low(from.number) << 3 | low(to.number)));
    }

    void mov(Reg to, long value) {
        code.put((byte) (0x48 | to.number >> 3)).put((byte) (0xb8 | low(to.number))).putLong(value);
    }

    void mov(Reg to, Memory from) {
        rex(to.number, from.base().number, 0x8b);
        far(to.number, from);
    }

    void mov(Memory to, Reg from) {
        rex(from.number, to.base().number, 0x89);
        far(from.number, to);
    }

    void add(Reg to, int value) {
        immediate(0, to, value);
    }

    void add(Reg to, Reg from) {
        rex(from.number, to.number, 0x01);
        code.put((byte) (DIRECT | low(from.number) << 3 | low(to.number)));
    }

    void sub(Reg to, int value) {
        immediate(5, to, value);
    }

    void cmp(Reg one, int value) {
        immediate(7, one, value);
    }

    private void immediate(int operation, Reg to, int value) {
        rex(0, to.number, 0x81);
        code.put((byte) (DIRECT | operation << 3 | low(to.number))).putInt(value);
    }

    void push(Reg register) {
        code.put((byte) (0x40 | register.number >> 3)).put((byte) (0x50 | low(register.number)));
    }

    void pop(Reg register) {
        code.put((byte) (0x40 | register.number >> 3)).put((byte) (0x58 | low(register.number)));
    }

    void ret() {
        code.put((byte) 0xc3);
    }

    /** The place of the next instruction. */
    Label here() {
        var label = new Label();
        bind(label);
        return label;
    }

    void bind(Label label) {
        label.place = code.position();
    }

    void jump(Condition condition, Label to) {
        code.put((byte) 0x0f).put((byte) (0x80 | condition.code));
        distance(to);
    }

    private void distance(Label to) {
        int place = code.position();
        code.putInt(0);
        jumps.add(() -> code.putInt(place, to.place - place - Integer.BYTES));
    }

    /** Brings a line into the first cache. */
    void prefetcht0(Memory from) {
        prefetch(1, from);
    }

    /** Brings a line into the second cache. */
    void prefetcht1(Memory from) {
        prefetch(2, from);
    }

    private void prefetch(int level, Memory from) {
        code.put((byte) (0x40 | from.base().number >> 3)).put((byte) 0x0f).put((byte) 0x18);
        far(level, from);
    }

    // Masks.

    void kmovq(Mask to, Reg from) {
        vex(Prefix.XF2, Page.P0F, 1, to.number, 0, from.number);
        code.put((byte) 0x92).put((byte) (DIRECT | to.number << 3 | low(from.number)));
    }

    // Tiles.

    void ldtilecfg(Memory from) {
        vex(Prefix.NONE, Page.P0F38, 0, 0, 0, from.base().number);
        code.put((byte) 0x49);
        far(0, from);
    }

    void tilerelease() {
        vex(Prefix.NONE, Page.P0F38, 0, 0, 0, 0);
        code.put((byte) 0x49).put((byte) 0xc0);
    }

    void tilezero(Tile tile) {
        vex(Prefix.XF2, Page.P0F38, 0, tile.number, 0, 0);
        code.put((byte) 0x49).put((byte) (DIRECT | tile.number << 3));
    }

    /** @param stride bytes from one of the tile's rows to the next */
    void tileloadd(Tile to, Memory from, Reg stride) {
        tileMemory(Prefix.XF2, to, from, stride);
    }

    /** @param stride bytes from one of the tile's rows to the next */
    void tilestored(Memory to, Reg stride, Tile from) {
        tileMemory(Prefix.XF3, from, to, stride);
    }

    private void tileMemory(Prefix prefix, Tile tile, Memory memory, Reg stride) {
        vex(prefix, Page.P0F38, 0, tile.number, stride.number, memory.base().number);
        code.put((byte) 0x4b)
                .put((byte) (FAR | tile.number << 3 | 0b100))
                .put((byte) (low(stride.number) << 3 | low(memory.base().number)))
                .putInt(memory.offset());
    }

    /** {@code sum += a b}: a is rows of pairs of bf16, b is, for each pair, the pairs of all columns. */
    void tdpbf16ps(Tile sum, Tile a, Tile b) {
        tileProduct(Prefix.XF3, 0x5c, sum, a, b);
    }

    /** {@code sum += a b} of signed bytes, exactly: a is rows of fours, b is, for each four, the fours of all columns. */
    void tdpbssd(Tile sum, Tile a, Tile b) {
        tileProduct(Prefix.XF2, 0x5e, sum, a, b);
    }

    private void tileProduct(Prefix prefix, int number, Tile sum, Tile a, Tile b) {
        code.put((byte) 0xc4)
                .put((byte) (0b111 << 5 | Page.P0F38.code))
                .put((byte) ((~b.number & 15) << 3 | prefix.code))
                .put((byte) number)
                .put((byte) (DIRECT | sum.number << 3 | a.number));
    }

    // Vectors.

    void vmovups(Zmm to, Memory from) {
        evex(new Code(Prefix.NONE, Page.P0F, 0, 0x10), to, zmm(0), from);
    }

    void vmovups(Memory to, Zmm from) {
        evex(new Code(Prefix.NONE, Page.P0F, 0, 0x11), from, zmm(0), to);
    }

    /** The first number alone. */
    void vmovss(Memory to, Zmm from) {
        evex(new Code(Prefix.XF3, Page.P0F, 0, 0x11), from, zmm(0), to);
    }

    void vmovaps(Zmm to, Zmm from) {
        evex(new Code(Prefix.NONE, Page.P0F, 0, 0x28), to, zmm(0), from);
    }

    void vbroadcastss(Zmm to, Memory from) {
        evex(new Code(Prefix.X66, Page.P0F38, 0, 0x18), to, zmm(0), from);
    }

    void vmaxps(Zmm to, Zmm a, Operand b) {
        evex(new Code(Prefix.NONE, Page.P0F, 0, 0x5f), to, a, b);
    }

    /** Lanes without a mask's bit keep what they hold. */
    void vmaxps(Zmm to, Mask mask, Zmm a, Operand b) {
        evex(new Code(Prefix.NONE, Page.P0F, 0, 0x5f), to, a, b, mask.number, false);
    }

    void vmulps(Zmm to, Zmm a, Operand b) {
        evex(new Code(Prefix.NONE, Page.P0F, 0, 0x59), to, a, b);
    }

    /** {@code to = a to + b}. */
    void vfmadd213ps(Zmm to, Zmm a, Operand b) {
        evex(new Code(Prefix.X66, Page.P0F38, 0, 0xa8), to, a, b);
    }

    /** {@code to = -(a to) + b}. */
    void vfnmadd213ps(Zmm to, Zmm a, Operand b) {
        evex(new Code(Prefix.X66, Page.P0F38, 0, 0xac), to, a, b);
    }

    void vrcp14ps(Zmm to, Operand from) {
        evex(new Code(Prefix.X66, Page.P0F38, 0, 0x4c), to, zmm(0), from);
    }

    void vcvtps2dq(Zmm to, Operand from) {
        evex(new Code(Prefix.X66, Page.P0F, 0, 0x5b), to, zmm(0), from);
    }

    void vcvtdq2ps(Zmm to, Operand from) {
        evex(new Code(Prefix.NONE, Page.P0F, 0, 0x5b), to, zmm(0), from);
    }

    /** Numbers of b become the lower half, those of a the upper. */
    void vcvtne2ps2bf16(Zmm to, Zmm a, Operand b) {
        evex(new Code(Prefix.XF2, Page.P0F38, 0, 0x72), to, a, b);
    }

    /** Numbers below 0 become 0; of every four numbers, those of a come before those of b. */
    void vpackusdw(Zmm to, Zmm a, Operand b) {
        evex(new Code(Prefix.X66, Page.P0F38, 0, 0x2b), to, a, b);
    }

    /** {@code to += a b}, pairs of bf16 summed in f32. */
    void vdpbf16ps(Zmm to, Zmm a, Operand b) {
        evex(new Code(Prefix.XF3, Page.P0F38, 0, 0x52), to, a, b);
    }

    void vsubps(Zmm to, Zmm a, Operand b) {
        evex(new Code(Prefix.NONE, Page.P0F, 0, 0x5c), to, a, b);
    }

    void vdivps(Zmm to, Zmm a, Operand b) {
        evex(new Code(Prefix.NONE, Page.P0F, 0, 0x5e), to, a, b);
    }

    void vsqrtps(Zmm to, Operand from) {
        evex(new Code(Prefix.NONE, Page.P0F, 0, 0x51), to, zmm(0), from);
    }

    /** {@code to -= a b}. */
    void vfnmadd231ps(Zmm to, Zmm a, Operand b) {
        evex(new Code(Prefix.X66, Page.P0F38, 0, 0xbc), to, a, b);
    }

    /** {@code to = -(a b) - to}. */
    void vfnmsub231ps(Zmm to, Zmm a, Operand b) {
        evex(new Code(Prefix.X66, Page.P0F38, 0, 0xbe), to, a, b);
    }

    /** {@code to += a b}. */
    void vfmadd231ps(Zmm to, Zmm a, Operand b) {
        evex(new Code(Prefix.X66, Page.P0F38, 0, 0xb8), to, a, b);
    }

    void vaddps(Zmm to, Zmm a, Operand b) {
        evex(new Code(Prefix.NONE, Page.P0F, 0, 0x58), to, a, b);
    }

    /** Lanes without a mask's bit become zero. */
    void vpsubw(Zmm to, Mask mask, Zmm a, Operand b) {
        evex(new Code(Prefix.X66, Page.P0F, 0, 0xf9), to, a, b, mask.number, true);
    }

    void vpsubw(Zmm to, Zmm a, Operand b) {
        evex(new Code(Prefix.X66, Page.P0F, 0, 0xf9), to, a, b);
    }

    /** Bytes of the table a, b at the indices that {@code to} holds; lanes without a mask's bit become zero. */
    void vpermi2b(Zmm to, Mask mask, Zmm a, Operand b) {
        evex(new Code(Prefix.X66, Page.P0F38, 0, 0x75), to, a, b, mask.number, true);
    }

    /** Words of the table {@code to, b} at the indices, of which the last six bits count. */
    void vpermt2w(Zmm to, Zmm indices, Operand b) {
        evex(new Code(Prefix.X66, Page.P0F38, 1, 0x7d), to, indices, b);
    }

    /** Bytes of the table {@code to, b} at the indices, of which the last seven bits count. */
    void vpermt2b(Zmm to, Zmm indices, Operand b) {
        evex(new Code(Prefix.X66, Page.P0F38, 0, 0x7d), to, indices, b);
    }

    /** Numbers of the table a, b at the indices that {@code to} holds, of which the last five bits count. */
    void vpermi2ps(Zmm to, Zmm a, Operand b) {
        evex(new Code(Prefix.X66, Page.P0F38, 0, 0x77), to, a, b);
    }

    /** Words of {@code from} at the indices. */
    void vpermw(Zmm to, Zmm indices, Operand from) {
        evex(new Code(Prefix.X66, Page.P0F38, 1, 0x8d), to, indices, from);
    }

    /** Number by number a or b, whichever is smaller without its sign; with a's sign. */
    void vrangeSmallest(Zmm to, Zmm a, Operand b) {
        evex(new Code(Prefix.X66, Page.P0F3A, 0, 0x50), to, a, b);
        code.put((byte) 2);
    }

    void vpmovsxwd(Zmm to, Memory from) {
        evex(new Code(Prefix.X66, Page.P0F38, 0, 0x23), to, zmm(0), from);
    }

    void vpmovzxwd(Zmm to, Memory from) {
        evex(new Code(Prefix.X66, Page.P0F38, 0, 0x33), to, zmm(0), from);
    }

    void vpandd(Zmm to, Zmm a, Operand b) {
        evex(new Code(Prefix.X66, Page.P0F, 0, 0xdb), to, a, b);
    }

    void vpord(Zmm to, Zmm a, Operand b) {
        evex(new Code(Prefix.X66, Page.P0F, 0, 0xeb), to, a, b);
    }

    void vpxord(Zmm to, Zmm a, Operand b) {
        evex(new Code(Prefix.X66, Page.P0F, 0, 0xef), to, a, b);
    }

    void vpslld(Zmm to, Zmm from, int bits) {
        evex(new Code(Prefix.X66, Page.P0F, 0, 0x72), zmm(6), to, from);
        code.put((byte) bits);
    }

    void vunpcklps(Zmm to, Zmm a, Operand b) {
        evex(new Code(Prefix.NONE, Page.P0F, 0, 0x14), to, a, b);
    }

    void vunpckhps(Zmm to, Zmm a, Operand b) {
        evex(new Code(Prefix.NONE, Page.P0F, 0, 0x15), to, a, b);
    }

    void vunpcklpd(Zmm to, Zmm a, Operand b) {
        evex(new Code(Prefix.X66, Page.P0F, 1, 0x14), to, a, b);
    }

    void vunpckhpd(Zmm to, Zmm a, Operand b) {
        evex(new Code(Prefix.X66, Page.P0F, 1, 0x15), to, a, b);
    }

    void vshufps(Zmm to, Zmm a, Operand b, int choice) {
        evex(new Code(Prefix.NONE, Page.P0F, 0, 0xc6), to, a, b);
        code.put((byte) choice);
    }

    void vshuff32x4(Zmm to, Zmm a, Operand b, int choice) {
        evex(new Code(Prefix.X66, Page.P0F3A, 0, 0x23), to, a, b);
        code.put((byte) choice);
    }

    void vzeroupper() {
        code.put((byte) 0xc5).put((byte) 0xf8).put((byte) 0x77);
    }

    private void evex(Code instruction, Zmm register, Zmm second, Operand third) {
        evex(instruction, register, second, third, 0, false);
    }

    /** Bits that extend a register's number are stored inverted. */
    private void evex(Code instruction, Zmm register, Zmm second, Operand third, int mask, boolean zero) {
        int reg = register.number;
        int rm =
                switch (third) {
                    case Zmm vector -> vector.number;
                    case Memory memory -> memory.base().number;
                };
        boolean broadcast = third instanceof Memory memory && memory.broadcast();
        int extensions = (reg >> 3 & 1) << 7 | (rm >> 4 & 1) << 6 | (rm >> 3 & 1) << 5 | (reg >> 4 & 1) << 4;
        code.put((byte) 0x62)
                .put((byte) ((~extensions & 0xf0) | instruction.page.code))
                .put((byte) (instruction.w << 7 | (~second.number & 15) << 3 | 0b100 | instruction.prefix.code))
                .put((byte) ((zero ? 0x80 : 0)
                        | 0b10 << 5
                        | (broadcast ? 0x10 : 0)
                        | (~second.number >> 4 & 1) << 3
                        | mask))
                .put((byte) instruction.number);
        switch (third) {
            case Zmm vector -> code.put((byte) (DIRECT | low(reg) << 3 | low(rm)));
            case Memory memory -> far(reg, memory);
        }
    }

    private void vex(Prefix prefix, Page page, int w, int reg, int index, int base) {
        int extensions = (reg >> 3) << 7 | (index >> 3) << 6 | (base >> 3) << 5;
        code.put((byte) 0xc4)
                .put((byte) ((~extensions & 0xe0) | page.code))
                .put((byte) (w << 7 | 0b1111 << 3 | prefix.code));
    }

    private void rex(int reg, int base, int operation) {
        code.put((byte) (0x48 | reg >> 3 << 2 | base >> 3)).put((byte) operation);
    }

    /** The operand's bytes: a register and memory at a base with a displacement. */
    private void far(int reg, Memory memory) {
        int base = memory.base().number;
        code.put((byte) (FAR | low(reg) << 3 | low(base)));
        if (low(base) == Reg.RSP.number) {
            code.put((byte) 0x24);
        }
        code.putInt(memory.offset());
    }

    private static int low(int number) {
        return number & 7;
    }
}
