package ai.tutti.engine.checkpoint;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Zip files put together by hand as PyTorch writes them: uncompressed, padded, without checksums. */
final class ZipBytes {
    private static final int PADDING = 5;

    private final ByteBuffer entries = ByteBuffer.allocate(1 << 14).order(ByteOrder.LITTLE_ENDIAN);
    private final ByteBuffer directory = ByteBuffer.allocate(1 << 12).order(ByteOrder.LITTLE_ENDIAN);
    private final boolean wide;
    private int count;

    /** @param wide whether sizes and places are written in the 64-bit forms */
    ZipBytes(boolean wide) {
        this.wide = wide;
    }

    ZipBytes add(String name, String content) {
        return add(name, content.getBytes(StandardCharsets.UTF_8));
    }

    ZipBytes add(String name, byte[] content) {
        byte[] utf8 = name.getBytes(StandardCharsets.UTF_8);
        int place = entries.position();
        entries.putInt(0x04034b50).putInt(0).putLong(0).putInt(0).putInt(0).putShort((short) 0);
        entries.putShort((short) utf8.length).putShort((short) PADDING).put(utf8).put(new byte[PADDING]).put(content);
        directory.putInt(0x02014b50).putInt(0).putShort((short) 0).putShort((short) 0).putInt(0).putInt(0);
        directory.putInt(wide ? -1 : content.length).putInt(wide ? -1 : content.length);
        directory.putShort((short) utf8.length).putShort((short) (wide ? 28 : 0)).putShort((short) 0).putInt(0).putInt(0);
        directory.putInt(wide ? -1 : place).put(utf8);
        if (wide) {
            directory.putShort((short) 1).putShort((short) 24).putLong(content.length).putLong(content.length).putLong(place);
        }
        count++;
        return this;
    }

    byte[] bytes() {
        int begin = entries.position();
        int size = directory.position();
        ByteBuffer end = ByteBuffer.allocate(200).order(ByteOrder.LITTLE_ENDIAN);
        if (wide) {
            end.putInt(0x06064b50).putLong(44).putInt(0).putLong(0).putLong(count).putLong(count).putLong(size).putLong(begin);
            end.putInt(0x07064b50).putInt(0).putLong(begin + size).putInt(1);
        }
        short shown = wide ? -1 : (short) count;
        end.putInt(0x06054b50).putInt(0).putShort(shown).putShort(shown);
        end.putInt(wide ? -1 : size).putInt(wide ? -1 : begin).putShort((short) 0);
        byte[] all = Arrays.copyOf(entries.array(), begin + size + end.position());
        System.arraycopy(directory.array(), 0, all, begin, size);
        System.arraycopy(end.array(), 0, all, begin + size, end.position());
        return all;
    }
}
