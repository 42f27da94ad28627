package ai.tutti.engine.checkpoint;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Pickles put together by hand, an opcode a call; begins with the protocol. */
final class PickleBytes {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    PickleBytes() {
        op(0x80).op(2);
    }

    PickleBytes op(int opcode) {
        bytes.write(opcode);
        return this;
    }

    PickleBytes raw(byte... raw) {
        bytes.writeBytes(raw);
        return this;
    }

    PickleBytes text(String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        return op('X').raw(little(4).putInt(utf8.length).array()).raw(utf8);
    }

    PickleBytes number(long number) {
        return op(0x8a).op(8).raw(little(8).putLong(number).array());
    }

    PickleBytes numbers(long... numbers) {
        op('(');
        for (long number : numbers) {
            number(number);
        }
        return op('t');
    }

    PickleBytes global(String module, String name) {
        return op('c').raw((module + "\n" + name + "\n").getBytes(StandardCharsets.UTF_8));
    }

    /** An empty OrderedDict. */
    PickleBytes dictionary() {
        return global("collections", "OrderedDict").op(')').op('R');
    }

    PickleBytes storage(String type, String key, long elements) {
        return op('(').text("storage").global("torch", type).text(key).text("cpu").number(elements).op('t').op('Q');
    }

    PickleBytes tensor(String type, String key, long elements, long first, long[] shape, long... strides) {
        return global("torch._utils", "_rebuild_tensor_v2")
                .op('(')
                .storage(type, key, elements)
                .number(first)
                .numbers(shape)
                .numbers(strides)
                .op(0x89)
                .dictionary()
                .op('t')
                .op('R');
    }

    byte[] stop() {
        op('.');
        return bytes.toByteArray();
    }

    private static ByteBuffer little(int size) {
        return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    }
}
