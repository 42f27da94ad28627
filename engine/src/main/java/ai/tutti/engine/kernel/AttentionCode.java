package ai.tutti.engine.kernel;

import static ai.tutti.engine.kernel.Assembler.at;
import static ai.tutti.engine.kernel.Assembler.each;
import static ai.tutti.engine.kernel.Assembler.tile;
import static ai.tutti.engine.kernel.Assembler.zmm;

import ai.tutti.engine.kernel.Assembler.Condition;
import ai.tutti.engine.kernel.Assembler.Label;
import ai.tutti.engine.kernel.Assembler.Mask;
import ai.tutti.engine.kernel.Assembler.Memory;
import ai.tutti.engine.kernel.Assembler.Operand;
import ai.tutti.engine.kernel.Assembler.Reg;
import ai.tutti.engine.kernel.Assembler.Tile;
import ai.tutti.engine.kernel.Assembler.Zmm;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Machine code for {@code softmax(Q Kᵀ) V} in bf16 with AMX: all query rows of one text, one head after another.
 *
 * <p><b>Why.</b> AMX computes a product of 16 x 32 by 32 x 16 numbers in 16 cycles. What a softmax then costs that reads scores
 * from memory in f32, in three passes, is a multiple of its products. Here a block's scores go from the tile registers to
 * the core's first cache, become probabilities there, and go back into tile registers.
 *
 * <p><b>Order of work.</b> For each head: keys and values are put in the order in which AMX wants the right side of a product
 * (pairs of numbers of one column side by side), keys in groups of {@link #GROUP}. For each block of {@link #ROWS} queries:
 * all scores, two tiles a group, while each row's largest is kept; then group by group the probabilities and their product
 * with the values; in the end each row of the context is divided by the sum of its probabilities.
 *
 * <p><b>Exponentials.</b> A probability becomes a bf16, whose bits are those of {@code 128 (127 + log2 p)} but for a
 * correction of at most 11 that depends on the last 7 bits alone (Schraudolph, A Fast, Compact Approximation of the
 * Exponential Function, 1999; here with a table in place of a constant). So {@code 128 / ln 2 (score - largest) + 128 * 127},
 * rounded to a whole number and at least 0, minus the table's entry, is the probability, sixteen bits wide. Its relative
 * error has a deviation of 0.22 %, bf16's own rounding one of 0.16 %; the sum is that of the rounded numbers. What is
 * smaller than 2^-126 counts as 0, as everything too small for its exponent does on AMX.
 *
 * <p><b>Places.</b> Packing words puts four of the first tile's columns before four of the second's, so keys are dealt to the
 * two tiles in fours, and a row of probabilities is in the values' order. Keys behind the text's last are in the last group's
 * products, but neither in a row's largest nor in its sum: their probability is 0.
 */
final class AttentionCode {
    /** Queries of a block: a tile's rows. */
    static final int ROWS = 16;

    /** Keys that are taken at a time: what fills a tile's row of probabilities. */
    static final int GROUP = 32;

    /** Sizes of a head, for which there are registers enough. */
    static final Set<Integer> HEAD_SIZES = Set.of(32, 64);

    // Where the arguments lie, each 8 bytes.
    /** The address of the first head's first query; keys and values lie behind it as the model's shape says. */
    static final int QUERY = 0;
    /** The address of the first head's first row of context. */
    static final int CONTEXT = 8;
    /** How many groups of keys. */
    static final int GROUPS = 16;
    /** How many query rows. */
    static final int QUERIES = 24;
    /** How many heads. */
    static final int HEADS = 32;
    /** A bit for each key of the last group that belongs to the text. */
    static final int SEEN = 40;
    /** The same for the columns of the last group's first tile. */
    static final int SEEN_FIRST = 48;
    /** The same for the columns of its second tile. */
    static final int SEEN_SECOND = 56;
    /** The address of room for a head's keys, {@code groups * GROUP * headSize} bf16. */
    static final int KEYS = 64;
    /** The address of room for its values, as much. */
    static final int VALUES = 72;
    /** The address of room for {@link #scoreBytes}. */
    static final int SCORES = 80;
    /** A number for each row of a block, the code's own. */
    private static final int ROW = 128;
    /** Size of all that. */
    static final int HEADER = 192;

    private static final int LINE = 64; // bytes of a vector, or of a tile's row
    private static final int TILE = 1024; // bytes
    private static final int DEPTH = 32; // numbers of bf16 in a line
    private static final int COLUMNS = 16; // of a tile

    private static final Reg ARGUMENTS = Reg.RDI;
    private static final Reg CONSTANTS = Reg.RSI;
    private static final Reg HEAD = Reg.RDX; // the head's first query
    private static final Reg HEAD_CONTEXT = Reg.RCX;
    private static final Reg HEADS_LEFT = Reg.R8;
    private static final Reg BLOCK = Reg.R9; // the block's first query
    private static final Reg BLOCK_CONTEXT = Reg.R10;
    private static final Reg ROWS_LEFT = Reg.R11;
    private static final Reg BY_LINE = Reg.R12;
    private static final Reg BY_ROW = Reg.R13; // from one token's query to the next
    private static final Reg COUNT = Reg.RBX;
    private static final Reg SOURCE = Reg.RAX;
    private static final Reg KEYS_AT = Reg.R14;
    private static final Reg AT = Reg.R15;

    private static final Mask SEEN_MASK = new Mask(1);
    private static final Mask SEEN_FIRST_MASK = new Mask(2);
    private static final Mask SEEN_SECOND_MASK = new Mask(3);
    private static final Mask LOW_BYTES = new Mask(4);

    private static final Zmm SCALE = zmm(31);
    private static final Zmm TABLE = zmm(30);
    private static final Zmm TABLE_END = zmm(29);
    private static final Zmm ONES = zmm(28);
    private static final Zmm T0 = zmm(24);
    private static final Zmm T1 = zmm(25);
    private static final Zmm T2 = zmm(26);
    private static final Zmm T3 = zmm(27);

    private static final int FIRST_QUERY = 4; // the first tile register with queries
    private static final Tile PROBABILITIES = tile(6);
    private static final Tile VALUE = tile(7);

    private final Assembler a = new Assembler();
    private final int depth; // lines of a head's numbers
    private final int tiles; // tiles of a group's values, or of a block's context
    private final int headBytes;
    private final int width; // bytes of a token's query
    private final int rowBytes;

    private AttentionCode(int heads, int headSize) {
        depth = headSize / DEPTH;
        tiles = headSize / COLUMNS;
        headBytes = headSize * Short.BYTES;
        width = heads * headBytes;
        rowBytes = 3 * width;
    }

    /** The code for a model's heads. */
    static byte[] of(int heads, int headSize) {
        var code = new AttentionCode(heads, headSize);
        code.write();
        return code.a.bytes();
    }

    /** Room for a block's scores, and in the end for its context. */
    static int scoreBytes(int groups, int headSize) {
        return Math.max(2 * groups, headSize / COLUMNS) * TILE;
    }

    private void write() {
        var saved = new Reg[] {Reg.RBX, Reg.R12, Reg.R13, Reg.R14, Reg.R15};
        a.save(saved);
        constants();
        a.mov(HEAD, at(ARGUMENTS, QUERY));
        a.mov(HEAD_CONTEXT, at(ARGUMENTS, CONTEXT));
        a.mov(HEADS_LEFT, at(ARGUMENTS, HEADS));
        var nextHead = a.here();
        pack();
        a.mov(BLOCK, HEAD);
        a.mov(BLOCK_CONTEXT, HEAD_CONTEXT);
        a.mov(ROWS_LEFT, at(ARGUMENTS, QUERIES));
        var nextBlock = a.here();
        score();
        attend();
        store();
        a.add(BLOCK, ROWS * rowBytes);
        a.sub(ROWS_LEFT, ROWS);
        a.jump(Condition.ABOVE, nextBlock);
        a.add(HEAD, headBytes);
        a.add(HEAD_CONTEXT, headBytes);
        a.sub(HEADS_LEFT, 1);
        a.jump(Condition.NOT_EQUAL, nextHead);
        a.tilerelease();
        a.vzeroupper();
        a.restore(saved);
        a.ret();
    }

    private void constants() {
        a.mov(CONSTANTS, AttentionConstants.ADDRESS);
        a.ldtilecfg(at(CONSTANTS, AttentionConstants.TILES));
        mask(SEEN_MASK, at(ARGUMENTS, SEEN));
        mask(SEEN_FIRST_MASK, at(ARGUMENTS, SEEN_FIRST));
        mask(SEEN_SECOND_MASK, at(ARGUMENTS, SEEN_SECOND));
        mask(LOW_BYTES, at(CONSTANTS, AttentionConstants.LOW_BYTES));
        a.vbroadcastss(SCALE, at(CONSTANTS, AttentionConstants.SCALE));
        a.vbroadcastss(ONES, at(CONSTANTS, AttentionConstants.ONES));
        a.vmovups(TABLE, at(CONSTANTS, AttentionConstants.TABLE));
        a.vmovups(TABLE_END, at(CONSTANTS, AttentionConstants.TABLE + LINE));
        a.mov(BY_LINE, LINE);
        a.mov(BY_ROW, rowBytes);
    }

    private void mask(Mask mask, Memory bits) {
        a.mov(SOURCE, bits);
        a.kmovq(mask, SOURCE);
    }

    /** The key of a group that a tile's column is for. */
    private static int key(int tile, int column) {
        return column / 4 * 8 + tile * 4 + column % 4;
    }

    /** A head's keys and values in the order of the products' right sides. */
    private void pack() {
        a.mov(SOURCE, HEAD);
        a.mov(KEYS_AT, at(ARGUMENTS, KEYS));
        a.mov(AT, at(ARGUMENTS, VALUES));
        a.mov(COUNT, at(ARGUMENTS, GROUPS));
        var next = a.here();
        for (int step = 0; step < depth; step++) {
            for (int tile = 0; tile < 2; tile++) {
                transpose(tile, step);
            }
        }
        for (int pair = 0; pair < GROUP / 2; pair++) {
            for (int tile = 0; tile < tiles; tile++) {
                int from = 2 * width + 2 * pair * rowBytes + tile * COLUMNS * Short.BYTES;
                a.vpmovzxwd(T0, at(SOURCE, from));
                a.vpmovzxwd(T1, at(SOURCE, from + rowBytes));
                a.vpslld(T1, T1, Short.SIZE);
                a.vpord(T0, T0, T1);
                a.vmovups(at(AT, tile * TILE + pair * LINE), T0);
            }
        }
        a.add(SOURCE, GROUP * rowBytes);
        a.add(KEYS_AT, 2 * depth * TILE);
        a.add(AT, tiles * TILE);
        a.sub(COUNT, 1);
        a.jump(Condition.NOT_EQUAL, next);
    }

    /** Sixteen keys' lines of sixteen pairs of numbers become sixteen pairs' lines of sixteen keys. */
    private void transpose(int tile, int step) {
        int from = width + step * LINE;
        for (int i = 0; i < 16; i += 2) {
            a.vmovups(T0, at(SOURCE, from + key(tile, i) * rowBytes));
            a.vmovups(T1, at(SOURCE, from + key(tile, i + 1) * rowBytes));
            a.vunpcklps(zmm(i), T0, T1);
            a.vunpckhps(zmm(i + 1), T0, T1);
        }
        for (int i = 0; i < 16; i += 4) { // each lane: one column of four rows
            a.vunpckhpd(T0, zmm(i), zmm(i + 2));
            a.vunpcklpd(zmm(i), zmm(i), zmm(i + 2));
            a.vunpcklpd(T1, zmm(i + 1), zmm(i + 3));
            a.vunpckhpd(zmm(i + 3), zmm(i + 1), zmm(i + 3));
            a.vmovaps(zmm(i + 1), T0);
            a.vmovaps(zmm(i + 2), T1);
        }
        for (int i = 0; i < 4; i++) {
            a.vshuff32x4(T0, zmm(i), zmm(i + 4), 0x88);
            a.vshuff32x4(T1, zmm(i), zmm(i + 4), 0xdd);
            a.vshuff32x4(T2, zmm(i + 8), zmm(i + 12), 0x88);
            a.vshuff32x4(T3, zmm(i + 8), zmm(i + 12), 0xdd);
            int to = (2 * step + tile) * TILE + i * LINE;
            for (int lane = 0; lane < 4; lane++) {
                boolean odd = lane % 2 == 1;
                a.vshuff32x4(zmm(i), odd ? T1 : T0, odd ? T3 : T2, lane < 2 ? 0x88 : 0xdd);
                a.vmovups(at(KEYS_AT, to + 4 * lane * LINE), zmm(i));
            }
        }
    }

    /** Runs the body for every group, the last one with masks. */
    private void groups(Consumer<Boolean> body) {
        var last = new Label();
        a.mov(COUNT, at(ARGUMENTS, GROUPS));
        a.mov(AT, at(ARGUMENTS, SCORES));
        a.sub(COUNT, 1);
        a.jump(Condition.EQUAL, last);
        var next = a.here();
        body.accept(false);
        a.sub(COUNT, 1);
        a.jump(Condition.NOT_EQUAL, next);
        a.bind(last);
        body.accept(true);
    }

    /** A block's scores, and for each of its rows what {@link #probabilities} adds to them. */
    private void score() {
        for (int step = 0; step < depth; step++) {
            a.tileloadd(tile(FIRST_QUERY + step), at(BLOCK, step * LINE), BY_ROW);
        }
        for (int row = 0; row < ROWS; row++) {
            a.vbroadcastss(ofRow(row), at(CONSTANTS, AttentionConstants.LOWEST));
        }
        a.mov(SOURCE, at(ARGUMENTS, KEYS));
        groups(last -> {
            for (int tile = 0; tile < 2; tile++) {
                a.tilezero(tile(tile));
                for (int step = 0; step < depth; step++) {
                    a.tileloadd(tile(2 + tile), at(SOURCE, (2 * step + tile) * TILE), BY_LINE);
                    a.tdpbf16ps(tile(tile), tile(FIRST_QUERY + step), tile(2 + tile));
                }
                a.tilestored(at(AT, tile * TILE), BY_LINE, tile(tile));
            }
            for (int row = 0; row < ROWS; row++) {
                var most = ofRow(row);
                if (last) {
                    a.vmaxps(most, SEEN_FIRST_MASK, most, at(AT, row * LINE));
                    a.vmaxps(most, SEEN_SECOND_MASK, most, at(AT, TILE + row * LINE));
                } else {
                    a.vmaxps(most, most, at(AT, row * LINE));
                    a.vmaxps(most, most, at(AT, TILE + row * LINE));
                }
            }
            a.add(SOURCE, 2 * depth * TILE);
            a.add(AT, 2 * TILE);
        });
        reduce(a::vmaxps);
        a.vfnmadd213ps(zmm(0), SCALE, each(CONSTANTS, AttentionConstants.ONE));
        a.vmovups(at(ARGUMENTS, ROW), zmm(0));
    }

    /** Joins two vectors number by number. */
    @FunctionalInterface
    private interface Join {
        void of(Zmm to, Zmm a, Operand b);
    }

    /** The register in which {@link #reduce} expects a row's sixteen numbers. */
    private static Zmm ofRow(int row) {
        int[] numbers = {0, 2, 1, 3}; // as the last steps' shuffles leave the rows of a lane
        int[] lanes = {0, 8, 4, 12}; // as the first ones leave the lanes
        return zmm(numbers[row % 4] + lanes[row / 4]);
    }

    /** Each row's sixteen numbers become one: the row's number in zmm0. */
    private void reduce(Join join) {
        for (int half = 8; half >= 1; half /= 2) {
            for (int i = 0; i < half; i++) {
                if (half >= 4) {
                    a.vshuff32x4(T0, zmm(i), zmm(i + half), half == 8 ? 0x44 : 0x88);
                    a.vshuff32x4(T1, zmm(i), zmm(i + half), half == 8 ? 0xee : 0xdd);
                } else {
                    a.vshufps(T0, zmm(i), zmm(i + half), half == 2 ? 0x44 : 0x88);
                    a.vshufps(T1, zmm(i), zmm(i + half), half == 2 ? 0xee : 0xdd);
                }
                join.of(zmm(i), T0, T1);
            }
        }
    }

    /** The block's context, not divided yet, in the first tiles; for each row one divided by the sum. */
    private void attend() {
        for (int tile = 0; tile < tiles; tile++) {
            a.tilezero(tile(tile));
        }
        for (int row = 0; row < ROWS; row++) {
            a.vpxord(ofRow(row), ofRow(row), ofRow(row));
        }
        a.mov(SOURCE, at(ARGUMENTS, VALUES));
        groups(last -> {
            for (int row = 0; row < ROWS; row++) {
                probabilities(row, last);
            }
            a.tileloadd(PROBABILITIES, at(AT, 0), BY_LINE);
            for (int tile = 0; tile < tiles; tile++) {
                a.tileloadd(VALUE, at(SOURCE, tile * TILE), BY_LINE);
                a.tdpbf16ps(tile(tile), PROBABILITIES, VALUE);
            }
            a.add(SOURCE, tiles * TILE);
            a.add(AT, 2 * TILE);
        });
        reduce(a::vaddps);
        a.vrcp14ps(zmm(0), zmm(0));
        a.vmovups(at(ARGUMENTS, ROW), zmm(0));
    }

    /** A row's probabilities of a group, over its scores in the first tile; they are added to the row's sums. */
    private void probabilities(int row, boolean last) {
        var first = zmm(16 + row % 4 * 3);
        var second = zmm(17 + row % 4 * 3);
        var correction = zmm(18 + row % 4 * 3);
        a.vmovups(first, at(AT, row * LINE));
        a.vmovups(second, at(AT, TILE + row * LINE));
        a.vfmadd213ps(first, SCALE, each(ARGUMENTS, ROW + row * Float.BYTES));
        a.vfmadd213ps(second, SCALE, each(ARGUMENTS, ROW + row * Float.BYTES));
        a.vcvtps2dq(first, first);
        a.vcvtps2dq(second, second);
        a.vpackusdw(first, first, second);
        a.vmovaps(correction, first);
        a.vpermi2b(correction, LOW_BYTES, TABLE, TABLE_END);
        if (last) {
            a.vpsubw(first, SEEN_MASK, first, correction);
        } else {
            a.vpsubw(first, first, correction);
        }
        a.vmovups(at(AT, row * LINE), first);
        a.vdpbf16ps(ofRow(row), first, ONES);
    }

    /** Rows of context, divided. */
    private void store() {
        var whole = new Label();
        a.mov(AT, at(ARGUMENTS, SCORES));
        for (int tile = 0; tile < tiles; tile++) {
            a.tilestored(at(AT, tile * TILE), BY_LINE, tile(tile));
        }
        a.mov(COUNT, ROWS);
        a.cmp(ROWS_LEFT, ROWS);
        a.jump(Condition.ABOVE, whole);
        a.mov(COUNT, ROWS_LEFT);
        a.bind(whole);
        a.mov(SOURCE, ARGUMENTS);
        var next = a.here();
        a.vbroadcastss(T0, at(SOURCE, ROW));
        for (int tile = 0; tile < tiles; tile += 2) {
            a.vmulps(T1, T0, at(AT, tile * TILE));
            a.vmulps(T2, T0, at(AT, (tile + 1) * TILE));
            a.vcvtne2ps2bf16(T1, T2, T1);
            a.vmovups(at(BLOCK_CONTEXT, tile / 2 * LINE), T1);
        }
        a.add(SOURCE, Float.BYTES);
        a.add(AT, LINE);
        a.add(BLOCK_CONTEXT, width);
        a.sub(COUNT, 1);
        a.jump(Condition.NOT_EQUAL, next);
    }
}
