package ai.tutti.cli.rows;

import static java.util.Objects.requireNonNull;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A text file of rows with vectors that a run goes on with when an earlier one broke off.
 *
 * <p>Rows are only ever appended, so what a broken run leaves is the begin of the whole, and perhaps half a record at its end.
 * Going on means: a {@link RunNote} tells that it is the same run; each record that is there is held against the input's row at
 * its place; the half one is cut off. Nothing is lost, nothing stands there twice, and the file can be read meanwhile.
 */
public final class RowFile implements RowOutput {
    private static final long SYNC_NANOS = Duration.ofSeconds(5).toNanos();

    private final RowLayout layout;
    private final RunNote note;
    private final FileChannel channel;
    private final long present;
    private final ByteArrayOutputStream pending = new ByteArrayOutputStream();
    private boolean headed;
    private long synced = System.nanoTime();

    private RowFile(RowLayout layout, RunNote note, FileChannel channel, long present, boolean headed) {
        this.layout = layout;
        this.note = note;
        this.channel = channel;
        this.present = present;
        this.headed = headed;
    }

    /**
     * Begins a file, or goes on with it.
     *
     * @param field the name of the vector's field
     * @param rows the input from its begin; the rows that are in the file already are taken from it
     * @param overwrite whether to begin anew whatever is there
     * @throws RowException when there is a file that is not this run's, or another process writes it
     */
    public static RowFile open(Path file, RowFormat format, String field, Run run, PeekReader rows, boolean overwrite)
            throws IOException {
        RunNote note = RunNote.take(file);
        FileChannel channel = null;
        boolean opened = false;
        try {
            Run earlier = note.read();
            boolean there = Files.exists(file) && Files.size(file) > 0 && !overwrite;
            if (there) {
                requireSame(file, run, earlier, note);
            }
            RowLayout layout = RowLayout.of(format, field);
            Found found = there ? find(file, layout, rows) : Found.NOTHING;
            channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            channel.truncate(found.end()).position(found.end());
            if (!there) {
                channel.force(true);
                note.write(run);
            }
            opened = true;
            return new RowFile(layout, note, channel, found.rows(), found.end() > 0);
        } finally {
            if (!opened) {
                note.close();
                if (channel != null) {
                    channel.close();
                }
            }
        }
    }

    static void requireSame(Path file, Run run, @Nullable Run earlier, RunNote note) throws IOException {
        if (earlier == null) {
            note.remove();
            throw new RowException(file + " is there already; --overwrite replaces it");
        }
        String difference = run.difference(earlier);
        if (difference != null) {
            throw new RowException("%s was begun with %s; --overwrite begins it anew".formatted(file, difference));
        }
    }

    /**
     * What a broken run left.
     *
     * @param rows how many whole records
     * @param end where they end
     */
    private record Found(long rows, long end) {
        static final Found NOTHING = new Found(0, 0);
    }

    private static Found find(Path file, RowLayout layout, PeekReader rows) throws IOException {
        try (var records = new RecordReader(Files.newInputStream(file), file.toString(), layout.delimiter())) {
            long end = 0;
            long count = 0;
            Row first = rows.peek();
            String head = first == null ? "" : layout.head(first);
            if (!head.isEmpty()) {
                byte[] record = records.next();
                if (record == null || !records.whole()) {
                    return Found.NOTHING;
                }
                require(head.equals(text(record) + "\n"), file, records.line());
                end = records.end();
            }
            String ending = layout.ending().stripTrailing();
            for (byte[] record = records.next(); record != null && records.whole(); record = records.next()) {
                Row row = rows.next();
                String text = text(record);
                require(row != null && text.startsWith(layout.beginning(requireNonNull(row))) && text.endsWith(ending),
                        file, records.line());
                end = records.end();
                count++;
            }
            return new Found(count, end);
        }
    }

    private static void require(boolean same, Path file, long line) {
        if (!same) {
            throw new RowException("%s: line %d is not what this input gives; --overwrite begins it anew".formatted(file, line));
        }
    }

    private static String text(byte[] record) {
        return new String(record, StandardCharsets.UTF_8);
    }

    @Override
    public long present() {
        return present;
    }

    @Override
    public void write(Row row, float[] vector) {
        if (!headed) {
            pending.writeBytes(layout.head(row).getBytes(StandardCharsets.UTF_8));
            headed = true;
        }
        pending.writeBytes(layout.record(row, vector).getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public void flush() throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(pending.toByteArray());
        pending.reset();
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
        long now = System.nanoTime();
        if (now - synced > SYNC_NANOS) {
            channel.force(false);
            synced = now;
        }
    }

    @Override
    public void finish() throws IOException {
        flush();
        channel.force(true);
        note.remove();
    }

    @Override
    public void close() throws IOException {
        try (channel) {
            note.close();
        }
    }
}
