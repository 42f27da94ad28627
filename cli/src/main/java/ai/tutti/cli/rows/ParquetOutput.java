package ai.tutti.cli.rows;

import static java.util.Objects.requireNonNull;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import org.apache.parquet.hadoop.ParquetWriter;

/**
 * A Parquet file of rows with vectors that a run goes on with when an earlier one broke off.
 *
 * <p>Parquet cannot be appended to: what its end says of its columns makes it a file. So vectors are first appended to a plain
 * file beside it, {@code OUTPUT.vectors}, four bytes a number behind their number; half a vector at its end is cut off when a
 * run goes on. When all are there, the input is read once more, each row is joined with its vector, and the whole takes its
 * name at once. A {@link RunNote} with the input's digest tells that it is the same run, and so the same rows.
 */
public final class ParquetOutput implements RowOutput {
    private static final long SYNC_NANOS = Duration.ofSeconds(5).toNanos();

    private final Path file;
    private final RowInput input;
    private final String field;
    private final Run run;
    private final RunNote note;
    private final FileChannel vectors;
    private final long present;
    private final ByteArrayOutputStream pending = new ByteArrayOutputStream();
    private int dimensions;
    private long synced = System.nanoTime();

    private ParquetOutput(
            Path file, RowInput input, String field, Run run, RunNote note, FileChannel vectors, int dimensions, long present) {
        this.file = file;
        this.input = input;
        this.field = field;
        this.run = run;
        this.note = note;
        this.vectors = vectors;
        this.dimensions = dimensions;
        this.present = present;
    }

    /**
     * Begins a file, or goes on with it.
     *
     * @param field the name of the vector's column
     * @param input the input, which can be read again
     * @param rows the input from its begin; the rows whose vectors are there already are taken from it
     * @param overwrite whether to begin anew whatever is there
     * @throws RowException when there is a file that is not this run's, or another process writes it
     */
    public static ParquetOutput open(Path file, String field, Run run, RowInput input, PeekReader rows, boolean overwrite)
            throws IOException {
        RunNote note = RunNote.take(file);
        FileChannel vectors = null;
        boolean opened = false;
        try {
            Run earlier = note.read();
            Path beside = beside(file, ".vectors");
            boolean anew = overwrite || (earlier == null && !Files.exists(file));
            if (!anew) {
                RowFile.requireSame(file, run, earlier, note);
            }
            vectors = FileChannel.open(
                    beside, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
            if (anew) {
                vectors.truncate(0).force(true);
                note.write(run);
            }
            int dimensions = dimensions(vectors);
            long row = (long) Float.BYTES * dimensions;
            long present = dimensions == 0 ? 0 : (vectors.size() - Integer.BYTES) / row;
            long end = dimensions == 0 ? 0 : Integer.BYTES + present * row;
            vectors.truncate(end).position(end);
            skip(rows, present, file);
            opened = true;
            return new ParquetOutput(file, input, field, run, note, vectors, dimensions, present);
        } finally {
            if (!opened) {
                note.close();
                if (vectors != null) {
                    vectors.close();
                }
            }
        }
    }

    private static Path beside(Path file, String ending) {
        return file.resolveSibling(file.getFileName() + ending);
    }

    /** How long the vectors are; 0 when there are none. */
    private static int dimensions(FileChannel vectors) throws IOException {
        ByteBuffer head = ByteBuffer.allocate(Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        while (head.hasRemaining()) {
            if (vectors.read(head, head.position()) < 0) {
                return 0;
            }
        }
        return Math.max(0, head.getInt(0));
    }

    private static void skip(PeekReader rows, long count, Path file) throws IOException {
        for (long i = 0; i < count; i++) {
            if (rows.next() == null) {
                throw new RowException("%s was begun with more rows than the input has; --overwrite begins it anew".formatted(file));
            }
        }
    }

    @Override
    public long present() {
        return present;
    }

    @Override
    public void write(Row row, float[] vector) {
        if (row.fields().has(field)) {
            throw RowLayout.taken(row, field);
        }
        ByteBuffer bytes = ByteBuffer.allocate(Integer.BYTES + Float.BYTES * vector.length).order(ByteOrder.LITTLE_ENDIAN);
        if (dimensions == 0) {
            dimensions = vector.length;
            bytes.putInt(dimensions);
        }
        for (float number : vector) {
            bytes.putFloat(number);
        }
        pending.write(bytes.array(), 0, bytes.position());
    }

    @Override
    public void flush() throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(pending.toByteArray());
        pending.reset();
        while (bytes.hasRemaining()) {
            vectors.write(bytes);
        }
        long now = System.nanoTime();
        if (now - synced > SYNC_NANOS) {
            vectors.force(false);
            synced = now;
        }
    }

    @Override
    public void finish() throws IOException {
        flush();
        vectors.force(true);
        Path whole = beside(file, ".whole");
        Files.deleteIfExists(whole);
        join(whole);
        try (FileChannel written = FileChannel.open(whole, StandardOpenOption.WRITE)) {
            written.force(true);
        }
        Files.move(whole, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        vectors.close();
        Files.deleteIfExists(beside(file, ".vectors"));
        note.remove();
    }

    private void join(Path whole) throws IOException {
        ParquetSchema schema = ParquetSchema.of(input, field);
        try (RowReader rows = input.open();
                InputStream bytes = Files.newInputStream(beside(file, ".vectors"));
                var numbers = new DataInputStream(new BufferedInputStream(bytes, 1 << 16));
                ParquetWriter<ParquetSchema.Joined> writer = schema.writer(whole, run.settings())) {
            numbers.skipNBytes(dimensions == 0 ? 0 : Integer.BYTES);
            byte[] one = new byte[Float.BYTES * dimensions];
            for (Row row = rows.next(); row != null; row = rows.next()) {
                numbers.readFully(one);
                var vector = new float[dimensions];
                ByteBuffer.wrap(one).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(vector);
                writer.write(new ParquetSchema.Joined(requireNonNull(row), vector));
            }
        }
    }

    @Override
    public void close() throws IOException {
        try (vectors) {
            note.close();
        }
    }
}
