package ai.tutti.cli.rows;

import static java.util.Objects.requireNonNull;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.List;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.jspecify.annotations.Nullable;

/** Where rows come from. */
public sealed interface RowInput {
    /** Its name, for people. */
    String name();

    /** The rows from the first one. */
    RowReader open() throws IOException;

    /**
     * What there is to come, found by reading all of it; null where it can be read but once.
     *
     * @throws RowException when it cannot be read
     */
    @Nullable Survey survey() throws IOException;

    /**
     * What there is in an input.
     *
     * @param rows how many
     * @param digest what changes when anything in it does
     */
    record Survey(long rows, String digest) {
        public Survey {
            requireNonNull(digest, "digest is null");
        }
    }

    /** Texts that were given one by one. */
    record Texts(List<String> texts, String field) implements RowInput {
        public Texts {
            texts = List.copyOf(texts);
        }

        @Override
        public String name() {
            return "the arguments";
        }

        @Override
        public RowReader open() {
            Iterator<String> rest = texts.iterator();
            return new RowReader() {
                private int number;

                @Override
                public @Nullable Row next() {
                    number++;
                    return rest.hasNext() ? TextRows.of(rest.next(), field, "text " + number) : null;
                }

                @Override
                public void close() {}
            };
        }

        @Override
        public Survey survey() {
            MessageDigest digest = sha256();
            for (String text : texts) {
                digest.update(text.getBytes(StandardCharsets.UTF_8));
                digest.update((byte) 0);
            }
            return new Survey(texts.size(), HexFormat.of().formatHex(digest.digest()));
        }
    }

    /**
     * A file.
     *
     * @param field the name of the text's field
     */
    record File(Path path, RowFormat format, String field) implements RowInput {
        @Override
        public String name() {
            return path.toString();
        }

        @Override
        public RowReader open() throws IOException {
            requireReadable();
            return format == RowFormat.PARQUET
                    ? ParquetRows.open(path, field)
                    : rows(Files.newInputStream(path), name(), format, field);
        }

        @Override
        public Survey survey() throws IOException {
            requireReadable();
            return format == RowFormat.PARQUET ? surveyParquet() : surveyLines();
        }

        private Survey surveyParquet() throws IOException {
            MessageDigest digest = sha256();
            try (InputStream bytes = new DigestInputStream(Files.newInputStream(path), digest)) {
                bytes.transferTo(OutputStream.nullOutputStream());
            }
            try (ParquetFileReader file = ParquetFiles.open(path)) {
                return new Survey(file.getRecordCount(), HexFormat.of().formatHex(digest.digest()));
            }
        }

        private Survey surveyLines() throws IOException {
            MessageDigest digest = sha256();
            long rows = format.delimiter() == 0 ? 0 : -1;
            try (var records = new RecordReader(Files.newInputStream(path), name(), format.delimiter())) {
                for (byte[] record = records.next(); record != null; record = records.next()) {
                    digest.update(record);
                    digest.update((byte) '\n');
                    rows += LineRows.isBlank(record, format.delimiter()) ? 0 : 1;
                }
            }
            return new Survey(Math.max(0, rows), HexFormat.of().formatHex(digest.digest()));
        }

        private void requireReadable() {
            if (Files.isDirectory(path)) {
                throw new RowException(path + " is a folder; give a file");
            }
            if (!Files.isReadable(path)) {
                throw new RowException(Files.exists(path) ? path + " cannot be read" : "there is no file " + path);
            }
        }
    }

    /** Something that comes but once, such as what another program writes. */
    record Stream(InputStream in, String name, RowFormat format, String field) implements RowInput {
        @Override
        public RowReader open() {
            return rows(new BufferedInputStream(in), name, format, field);
        }

        @Override
        public @Nullable Survey survey() {
            return null;
        }
    }

    private static RowReader rows(InputStream in, String file, RowFormat format, String field) {
        return switch (format) {
            case TEXT -> new TextRows(in, file, field);
            case JSONL -> new JsonRows(in, file, field);
            case CSV, TSV -> new CsvRows(in, file, format.delimiter(), field);
            case PARQUET -> throw new RowException(file + ": Parquet is read from a file only");
        };
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
