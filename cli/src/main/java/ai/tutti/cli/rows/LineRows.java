package ai.tutti.cli.rows;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Rows of a text file, whatever its lines mean; blank ones are passed over. */
abstract class LineRows implements RowReader {
    private final RecordReader records;
    private final String file;
    private final char delimiter;
    private boolean begun;

    LineRows(InputStream in, String file, char delimiter) {
        this.records = new RecordReader(in, file, delimiter);
        this.file = file;
        this.delimiter = delimiter;
    }

    /** What a line says; null where it is no row. */
    abstract @Nullable Row row(String line, String place);

    @Override
    public final @Nullable Row next() throws IOException {
        for (byte[] record = records.next(); record != null; record = records.next()) {
            byte[] line = begun ? record : withoutMark(record);
            begun = true;
            if (!isBlank(line, delimiter)) {
                String place = "%s: line %d".formatted(file, records.line());
                Row row = row(decode(line, place), place);
                if (row != null) {
                    return row;
                }
            }
        }
        return null;
    }

    static boolean isBlank(byte[] line, char delimiter) {
        for (byte value : line) {
            if ((value != ' ' && value != '\t' && value != '\r') || value == delimiter) {
                return false;
            }
        }
        return true;
    }

    /** Some programs, Excel among them, begin UTF-8 with a mark. */
    static byte[] withoutMark(byte[] record) {
        boolean marked = record.length >= 3
                && record[0] == (byte) 0xEF
                && record[1] == (byte) 0xBB
                && record[2] == (byte) 0xBF;
        return marked ? Arrays.copyOfRange(record, 3, record.length) : record;
    }

    private static String decode(byte[] line, String place) {
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(line)).toString();
        } catch (CharacterCodingException e) {
            throw new RowException(place + ": is not UTF-8 text", e);
        }
    }

    @Override
    public void close() throws IOException {
        records.close();
    }
}
