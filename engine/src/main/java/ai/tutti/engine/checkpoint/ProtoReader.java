package ai.tutti.engine.checkpoint;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * Protocol Buffers' wire format, read in place: a cursor over the fields of one message.
 *
 * <pre>{@code
 * while (reader.next()) {
 *     switch (reader.field()) {
 *         case 1 -> name = reader.string();
 *         case 5 -> nested(reader.message());
 *         default -> {}
 *     }
 * }
 * }</pre>
 *
 * <p>A field is skipped when it is not asked for. Every length is checked against the message it stands in.
 */
final class ProtoReader {
    private static final int VARINT = 0;
    private static final int FIXED64 = 1;
    private static final int LENGTH = 2;
    private static final int FIXED32 = 5;

    private final MappedFile file;
    private final MemorySegment bytes;
    private long position;
    private int field;
    private int type;
    private long number;
    private MemorySegment content = MemorySegment.NULL;

    ProtoReader(MappedFile file, MemorySegment bytes) {
        this.file = file;
        this.bytes = bytes;
    }

    /** Moves to the next field; false at the message's end. */
    boolean next() {
        if (position == bytes.byteSize()) {
            return false;
        }
        long key = varint();
        field = (int) (key >>> 3);
        type = (int) (key & 7);
        if (key >>> 32 != 0 || field == 0) {
            throw file.broken("it is no protobuf file");
        }
        switch (type) {
            case VARINT -> number = varint();
            case FIXED64 -> content = take(8);
            case LENGTH -> content = take(varint());
            case FIXED32 -> content = take(4);
            default -> throw file.broken("it has a field of the unknown wire type " + type);
        }
        return true;
    }

    int field() {
        return field;
    }

    /** The field's integer. */
    long number() {
        expect(VARINT);
        return number;
    }

    /** The field's bytes, in place. */
    MemorySegment bytes() {
        expect(LENGTH);
        return content;
    }

    /** The field's number of four bytes. */
    float real() {
        expect(FIXED32);
        return content.get(ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN), 0);
    }

    String string() {
        return new String(bytes().toArray(ValueLayout.JAVA_BYTE), StandardCharsets.UTF_8);
    }

    /** The field as a message of its own. */
    ProtoReader message() {
        return new ProtoReader(file, bytes());
    }

    /** Adds the integers of a repeated field, packed or not. */
    void numbers(LongList list) {
        if (type == VARINT) {
            list.add(number);
            return;
        }
        ProtoReader packed = message();
        while (packed.position < packed.bytes.byteSize()) {
            list.add(packed.varint());
        }
    }

    private void expect(int wanted) {
        if (type != wanted) {
            throw file.broken("field %d has wire type %d instead of %d".formatted(field, type, wanted));
        }
    }

    private MemorySegment take(long length) {
        if (length < 0 || length > bytes.byteSize() - position) {
            throw file.broken("field %d is longer than the file".formatted(field));
        }
        MemorySegment taken = bytes.asSlice(position, length);
        position += length;
        return taken;
    }

    private long varint() {
        long value = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            byte next = take(1).get(ValueLayout.JAVA_BYTE, 0);
            value |= (long) (next & 0x7F) << shift;
            if (next >= 0) {
                return value;
            }
        }
        throw file.broken("it has a number of more than 64 bits");
    }
}
