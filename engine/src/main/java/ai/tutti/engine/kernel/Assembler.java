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
    private static final int MOST_BYTES = 1 << 18;
    private static final int FAR = 0b10 << 6;
    private static final int DIRECT = 0b11 << 6;
    /** In place of a base: base and index follow. */
    private static final int SCALED = 0b100;

    private final ByteBuffer code = ByteBuffer.allocate(MOST_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    private final List<Runnable> jumps = new ArrayList<>();

    /** What an instruction's last operand may be: a register, or memory. */
    sealed interface Place permits Reg, Tile, Mask, Operand {
        /** The register's own number; the base's, of memory. */
        int number();
    }

    /** What a vector instruction's last operand may be. */
    sealed interface Operand extends Place permits Zmm, Memory {}

    /** A general register. */
    enum Reg implements Place {
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

        @Override
        public int number() {
            return number;
        }
    }

    /** A vector register of 512 bits. */
    record Zmm(int number) implements Operand {}

    /** A tile register of 16 rows of 64 bytes. */
    record Tile(int number) implements Place {}

    /** A mask register. */
    record Mask(int number) implements Place {}

    /**
     * Bytes in memory.
     *
     * @param broadcast whether one number there stands for all of a vector's
     */
    record Memory(Reg base, int offset, boolean broadcast) implements Operand {
        @Override
        public int number() {
            return base.number;
        }

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
        rex(0x89, from.number, to);
    }

    void mov(Reg to, long value) {
        put(0x48 | to.number >> 3, 0xb8 | low(to.number)).putLong(value);
    }

    void mov(Reg to, Memory from) {
        rex(0x8b, to.number, from);
    }

    void mov(Memory to, Reg from) {
        rex(0x89, from.number, to);
    }

    void add(Reg to, int value) {
        immediate(0, to, value);
    }

    void add(Reg to, Reg from) {
        rex(0x01, from.number, to);
    }

    void add(Memory to, int value) {
        immediate(0, to, value);
    }

    void sub(Reg to, int value) {
        immediate(5, to, value);
    }

    void sub(Memory to, int value) {
        immediate(5, to, value);
    }

    void cmp(Reg one, int value) {
        immediate(7, one, value);
    }

    private void immediate(int operation, Place to, int value) {
        rex(0x81, operation, to);
        code.putInt(value);
    }

    /** Pushes registers that belong to the caller; {@link #restore} gives them back. */
    void save(Reg... registers) {
        for (var register : registers) {
            push(register);
        }
    }

    /** Pops what {@link #save} has pushed. */
    void restore(Reg... registers) {
        for (int i = registers.length - 1; i >= 0; i--) {
            pop(registers[i]);
        }
    }

    void push(Reg register) {
        put(0x40 | register.number >> 3, 0x50 | low(register.number));
    }

    void pop(Reg register) {
        put(0x40 | register.number >> 3, 0x58 | low(register.number));
    }

    void ret() {
        put(0xc3);
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
        put(0x0f, 0x80 | condition.code);
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
        put(0x40 | from.number() >> 3, 0x0f, 0x18);
        place(level, from);
    }

    // Masks.

    void kmovq(Mask to, Reg from) {
        vex(new Code(Prefix.XF2, Page.P0F, 1, 0x92), to.number, 0, from);
    }

    // Tiles.

    void ldtilecfg(Memory from) {
        vex(new Code(Prefix.NONE, Page.P0F38, 0, 0x49), 0, 0, from);
    }

    void tilerelease() {
        vex(new Code(Prefix.NONE, Page.P0F38, 0, 0x49), 0, 0, tile(0));
    }

    void tilezero(Tile tile) {
        vex(new Code(Prefix.XF2, Page.P0F38, 0, 0x49), tile.number, 0, tile(0));
    }

    /** @param stride bytes from one of the tile's rows to the next */
    void tileloadd(Tile to, Memory from, Reg stride) {
        tileMemory(Prefix.XF2, to, from, stride);
    }

    /**
     * As {@link #tileloadd}, hinting that the lines need not stay in the first cache.
     *
     * @param stride bytes from one of the tile's rows to the next
     */
    void tileloaddt1(Tile to, Memory from, Reg stride) {
        tileMemory(Prefix.X66, to, from, stride);
    }

    /** @param stride bytes from one of the tile's rows to the next */
    void tilestored(Memory to, Reg stride, Tile from) {
        tileMemory(Prefix.XF3, from, to, stride);
    }

    private void tileMemory(Prefix prefix, Tile tile, Memory memory, Reg stride) {
        var instruction = new Code(prefix, Page.P0F38, 0, 0x4b);
        vex(instruction, tile.number, stride.number, memory.number(), 0);
        put(FAR | tile.number << 3 | SCALED, low(stride.number) << 3 | low(memory.number())).putInt(memory.offset());
    }

    /** {@code sum += a b}: a is rows of pairs of bf16, b is, for each pair, the pairs of all columns. */
    void tdpbf16ps(Tile sum, Tile a, Tile b) {
        vex(new Code(Prefix.XF3, Page.P0F38, 0, 0x5c), sum.number, b.number, a);
    }

    /** {@code sum += a b} of signed bytes, exactly: a is rows of fours, b is, for each four, the fours of all columns. */
    void tdpbssd(Tile sum, Tile a, Tile b) {
        vex(new Code(Prefix.XF2, Page.P0F38, 0, 0x5e), sum.number, b.number, a);
    }

    /** As {@link #tdpbssd}, a's bytes without a sign. */
    void tdpbusd(Tile sum, Tile a, Tile b) {
        vex(new Code(Prefix.X66, Page.P0F38, 0, 0x5e), sum.number, b.number, a);
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

    void vminps(Zmm to, Zmm a, Operand b) {
        evex(new Code(Prefix.NONE, Page.P0F, 0, 0x5d), to, a, b);
    }

    void vmulps(Zmm to, Zmm a, Operand b) {
        evex(new Code(Prefix.NONE, Page.P0F, 0, 0x59), to, a, b);
    }

    /** {@code to = a to + b}. */
    void vfmadd213ps(Zmm to, Zmm a, Operand b) {
        evex(new Code(Prefix.X66, Page.P0F38, 0, 0xa8), to, a, b);
    }

    /** {@code to = to b + a}. */
    void vfmadd132ps(Zmm to, Zmm a, Operand b) {
        evex(new Code(Prefix.X66, Page.P0F38, 0, 0x98), to, a, b);
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
        put(2);
    }

    /** Number by number a or b, whichever is larger without its sign, without it. */
    void vrangeLargest(Zmm to, Zmm a, Operand b) {
        evex(new Code(Prefix.X66, Page.P0F3A, 0, 0x50), to, a, b);
        put(0b1011);
    }

    /** f16 to f32. */
    void vcvtph2ps(Zmm to, Memory from) {
        evex(new Code(Prefix.X66, Page.P0F38, 0, 0x13), to, zmm(0), from);
    }

    /** f32 to f16, rounded to the nearest, of two equally near to the even one. */
    void vcvtps2ph(Memory to, Zmm from) {
        evex(new Code(Prefix.X66, Page.P0F3A, 0, 0x1d), from, zmm(0), to);
        put(0);
    }

    void vpmovsxwd(Zmm to, Memory from) {
        evex(new Code(Prefix.X66, Page.P0F38, 0, 0x23), to, zmm(0), from);
    }

    void vpmovzxwd(Zmm to, Memory from) {
        evex(new Code(Prefix.X66, Page.P0F38, 0, 0x33), to, zmm(0), from);
    }

    /** The lowest byte of each number. */
    void vpmovdb(Memory to, Zmm from) {
        evex(new Code(Prefix.XF3, Page.P0F38, 0, 0x31), from, zmm(0), to);
    }

    /** The lower half of each number. */
    void vpmovdw(Memory to, Zmm from) {
        evex(new Code(Prefix.XF3, Page.P0F38, 0, 0x33), from, zmm(0), to);
    }

    /** Bit by bit what the table says of the bits of to, a and b; to's counts four, a's two. */
    void vpternlogd(Zmm to, Zmm a, Operand b, int table) {
        evex(new Code(Prefix.X66, Page.P0F3A, 0, 0x25), to, a, b);
        put(table);
    }

    /** Words with a sign. */
    void vpmaxsw(Zmm to, Zmm a, Operand b) {
        evex(new Code(Prefix.X66, Page.P0F, 0, 0xee), to, a, b);
    }

    /** Words without a sign. */
    void vpmaxuw(Zmm to, Zmm a, Operand b) {
        evex(new Code(Prefix.X66, Page.P0F38, 0, 0x3e), to, a, b);
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
        put(bits);
    }

    void vpsrld(Zmm to, Zmm from, int bits) {
        evex(new Code(Prefix.X66, Page.P0F, 0, 0x72), zmm(2), to, from);
        put(bits);
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
        put(choice);
    }

    void vshuff32x4(Zmm to, Zmm a, Operand b, int choice) {
        evex(new Code(Prefix.X66, Page.P0F3A, 0, 0x23), to, a, b);
        put(choice);
    }

    void vzeroupper() {
        put(0xc5, 0xf8, 0x77);
    }

    private void evex(Code instruction, Zmm register, Zmm second, Operand third) {
        evex(instruction, register, second, third, 0, false);
    }

    /** Bits that extend a register's number, and the second operand's number, are stored inverted. */
    private void evex(Code instruction, Zmm register, Zmm second, Operand third, int mask, boolean zero) {
        int reg = register.number;
        int rm = third.number();
        int extensions = (reg >> 3 & 1) << 7 | (rm >> 4 & 1) << 6 | (rm >> 3 & 1) << 5 | (reg >> 4 & 1) << 4;
        boolean broadcast = third instanceof Memory memory && memory.broadcast();
        put(
                0x62,
                (~extensions & 0xf0) | instruction.page.code,
                instruction.w << 7 | (~second.number & 15) << 3 | 0b100 | instruction.prefix.code,
                (zero ? 0x80 : 0) | 0b10 << 5 | (broadcast ? 0x10 : 0) | (~second.number >> 4 & 1) << 3 | mask,
                instruction.number);
        place(reg, third);
    }

    private void vex(Code instruction, int reg, int second, Place third) {
        vex(instruction, reg, 0, third.number(), second);
        place(reg, third);
    }

    /** All but the operands' own bytes, in which an index may stand. */
    private void vex(Code instruction, int reg, int index, int base, int second) {
        int extensions = (reg >> 3) << 7 | (index >> 3) << 6 | (base >> 3) << 5;
        put(
                0xc4,
                (~extensions & 0xe0) | instruction.page.code,
                instruction.w << 7 | (~second & 15) << 3 | instruction.prefix.code,
                instruction.number);
    }

    private void rex(int operation, int reg, Place other) {
        put(0x48 | reg >> 3 << 2 | other.number() >> 3, operation);
        place(reg, other);
    }

    /** The bytes of two operands, a register and a place; behind memory's base stands its displacement. */
    private void place(int reg, Place place) {
        int number = low(place.number());
        if (place instanceof Memory memory) {
            put(FAR | low(reg) << 3 | number);
            if (number == SCALED) {
                put(SCALED << 3 | number); // such a base is written like one with an index, and no index
            }
            code.putInt(memory.offset());
        } else {
            put(DIRECT | low(reg) << 3 | number);
        }
    }

    private ByteBuffer put(int... bytes) {
        for (int one : bytes) {
            code.put((byte) one);
        }
        return code;
    }

    private static int low(int number) {
        return number & 7;
    }
}
