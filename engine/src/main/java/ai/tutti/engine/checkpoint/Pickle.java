package ai.tutti.engine.checkpoint;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.math.BigInteger;
import java.nio.ByteOrder;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Python's pickle format, read as data: nothing in it is ever executed.
 *
 * <p>A pickle is a program for a small stack machine. The one here knows the opcodes that write plain values, as
 * {@code torch.save} uses them (protocol 2, and the shorter forms of 4 and 5), and builds Java values: strings, {@code Long},
 * {@code Double}, {@code Boolean}, {@link None}, {@link Tuple}, {@code List} and {@code Map}. Whatever the program names by
 * module and name, calls, or holds elsewhere (persistent ids) is put before a {@link World}, which knows a handful of things
 * and refuses all others.
 *
 * <p>Each opcode pushes at most one value and no value is ever copied, so memory follows the number of opcodes, which is
 * bounded; values may hold one another in a circle, so they are never printed, compared or hashed.
 */
final class Pickle {
    private static final int MOST_STEPS = 4_000_000; // 40 a tensor
    private static final int LONGEST_LINE = 1000;
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfDouble BIG_DOUBLE =
            ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    /** Python's None. */
    enum None {
        NONE
    }

    /** Python's tuple. */
    record Tuple(List<Object> items) {}

    /** What lies outside of the pickle. Each method refuses with a {@link ModelLoadException} what it does not know. */
    interface World {
        /** The thing of that name. */
        Object global(String module, String name);

        /** The result of calling a thing that {@link #global} gave. */
        Object call(Object callable, List<Object> arguments);

        /** The thing behind a persistent id. */
        Object persistent(Object id);
    }

    private final MappedFile file;
    private final MemorySegment bytes;
    private final World world;
    private final List<Object> stack = new ArrayList<>();
    private final List<Integer> marks = new ArrayList<>();
    private final Map<Long, Object> memo = new HashMap<>();
    private long position;

    /**
     * @param file for messages
     * @param bytes may go on behind the pickle
     */
    Pickle(MappedFile file, MemorySegment bytes, World world) {
        this.file = file;
        this.bytes = bytes;
        this.world = world;
    }

    /** Where the next pickle begins. */
    long position() {
        return position;
    }

    /** Reads one pickle, up to and with its STOP. */
    Object load() {
        stack.clear();
        marks.clear();
        memo.clear();
        for (int step = 0; step < MOST_STEPS; step++) {
            int opcode = unsignedByte();
            if (opcode == '.') {
                return pop();
            }
            step(opcode);
        }
        throw file.broken("its pickle has more than %,d steps".formatted(MOST_STEPS));
    }

    private void step(int opcode) {
        switch (opcode) {
            case 0x80 -> protocol(unsignedByte());
            case 0x95 -> take(8); // FRAME: how far to read ahead
            case '(' -> marks.add(stack.size());
            case '0' -> pop();
            case '1' -> popToMark();
            case '2' -> push(peek());
            case 'N' -> push(None.NONE);
            case 0x88 -> push(true);
            case 0x89 -> push(false);
            case 'K' -> push((long) unsignedByte());
            case 'M' -> push((long) Short.toUnsignedInt(take(2).get(SHORT, 0)));
            case 'J' -> push((long) take(4).get(INT, 0));
            case 0x8a -> push(longOf(unsignedByte()));
            case 'G' -> push(take(8).get(BIG_DOUBLE, 0));
            case 'X' -> push(text(unsignedInt(), StandardCharsets.UTF_8));
            case 0x8c -> push(text(unsignedByte(), StandardCharsets.UTF_8));
            case 0x8d -> push(text(take(8).get(LONG, 0), StandardCharsets.UTF_8));
            case 'U' -> push(text(unsignedByte(), StandardCharsets.ISO_8859_1));
            case 'T' -> push(text(take(4).get(INT, 0), StandardCharsets.ISO_8859_1));
            case ')' -> push(new Tuple(List.of()));
            case 't' -> push(new Tuple(popToMark()));
            case 0x85 -> push(new Tuple(pop(1)));
            case 0x86 -> push(new Tuple(pop(2)));
            case 0x87 -> push(new Tuple(pop(3)));
            case ']' -> push(new ArrayList<>());
            case 'a' -> append(pop(1));
            case 'e' -> append(popToMark());
            case '}' -> push(new LinkedHashMap<>());
            case 's' -> putAll(pop(2));
            case 'u' -> putAll(popToMark());
            case 'c' -> push(world.global(line(), line()));
            case 0x93 -> stackGlobal();
            case 'R', 0x81 -> call(); // NEWOBJ is a call, too
            case 'b' -> build();
            case 'Q' -> push(world.persistent(pop()));
            case 'q' -> memo.put((long) unsignedByte(), peek());
            case 'r' -> memo.put(unsignedInt(), peek());
            case 0x94 -> memo.put((long) memo.size(), peek());
            case 'h' -> push(remembered(unsignedByte()));
            case 'j' -> push(remembered(unsignedInt()));
            default -> throw file.broken("its pickle has the unknown opcode 0x%02x".formatted(opcode));
        }
    }

    private void protocol(int version) {
        if (version < 2 || version > 5) {
            throw file.broken("its pickle is of protocol %d; 2 to 5 are known".formatted(version));
        }
    }

    private Object longOf(int length) {
        byte[] big = new byte[Math.max(1, length)];
        MemorySegment little = take(length);
        for (int i = 0; i < length; i++) {
            big[length - 1 - i] = little.get(ValueLayout.JAVA_BYTE, i);
        }
        BigInteger value = new BigInteger(big);
        if (value.bitLength() < Long.SIZE) {
            return value.longValue();
        }
        return value;
    }

    private void stackGlobal() {
        List<Object> names = pop(2);
        if (!(names.get(0) instanceof String module && names.get(1) instanceof String name)) {
            throw file.broken("its pickle names something by other things than strings");
        }
        push(world.global(module, name));
    }

    private void call() {
        List<Object> parts = pop(2);
        if (!(parts.get(1) instanceof Tuple arguments)) {
            throw file.broken("its pickle calls something without a tuple of arguments");
        }
        push(world.call(parts.get(0), arguments.items()));
    }

    /** State that is set on a value behind its making; only an ordered dictionary's attributes may be, and are dropped. */
    private void build() {
        pop();
        if (!(peek() instanceof Map)) {
            throw file.broken("its pickle sets attributes of something that is no dictionary");
        }
    }

    private void append(List<Object> values) {
        if (!(peek() instanceof List<?>)) {
            throw file.broken("its pickle appends to something that is no list");
        }
        list(peek()).addAll(values);
    }

    private void putAll(List<Object> pairs) {
        if (!(peek() instanceof Map<?, ?>) || pairs.size() % 2 != 0) {
            throw file.broken("its pickle sets items of something that is no dictionary");
        }
        for (int i = 0; i < pairs.size(); i += 2) {
            Object key = pairs.get(i);
            if (!(key instanceof String || key instanceof Long || key instanceof Boolean || key instanceof Double)) {
                throw file.broken("its pickle has a dictionary whose key is neither text nor a number");
            }
            map(peek()).put(key, pairs.get(i + 1));
        }
    }

    @SuppressWarnings("unchecked") // lists and maps are made here and in the world only, of objects
    private static List<Object> list(Object value) {
        return (List<Object>) value;
    }

    @SuppressWarnings("unchecked")
    private static Map<Object, Object> map(Object value) {
        return (Map<Object, Object>) value;
    }

    private Object remembered(long place) {
        Object value = memo.get(place);
        if (value == null) {
            throw file.broken("its pickle asks for value %d, which it has not stored".formatted(place));
        }
        return value;
    }

    private void push(Object value) {
        stack.add(value);
    }

    private Object peek() {
        if (stack.size() <= fence()) {
            throw file.broken("its pickle takes more than it has stored");
        }
        return stack.getLast();
    }

    private Object pop() {
        peek();
        return stack.removeLast();
    }

    private List<Object> pop(int count) {
        if (stack.size() - fence() < count) {
            throw file.broken("its pickle takes more than it has stored");
        }
        return cut(stack.size() - count);
    }

    private List<Object> popToMark() {
        if (marks.isEmpty()) {
            throw file.broken("its pickle takes more than it has stored");
        }
        return cut(marks.removeLast());
    }

    private List<Object> cut(int from) {
        List<Object> top = stack.subList(from, stack.size());
        List<Object> values = List.copyOf(top);
        top.clear();
        return values;
    }

    private int fence() {
        return marks.isEmpty() ? 0 : marks.getLast();
    }

    private int unsignedByte() {
        return Byte.toUnsignedInt(take(1).get(ValueLayout.JAVA_BYTE, 0));
    }

    private long unsignedInt() {
        return Integer.toUnsignedLong(take(4).get(INT, 0));
    }

    private String text(long length, Charset charset) {
        if (length > Integer.MAX_VALUE - 8) {
            throw file.broken("its pickle has a text of %,d bytes".formatted(length));
        }
        return new String(take(length).toArray(ValueLayout.JAVA_BYTE), charset);
    }

    private String line() {
        long start = position;
        while (position - start < LONGEST_LINE) {
            if (unsignedByte() == '\n') {
                byte[] line = bytes.asSlice(start, position - 1 - start).toArray(ValueLayout.JAVA_BYTE);
                return new String(line, StandardCharsets.UTF_8);
            }
        }
        throw file.broken("its pickle has a name of more than %d bytes".formatted(LONGEST_LINE));
    }

    private MemorySegment take(long length) {
        if (length < 0 || length > bytes.byteSize() - position) {
            throw file.broken("its pickle ends in the middle");
        }
        MemorySegment taken = bytes.asSlice(position, length);
        position += length;
        return taken;
    }
}
