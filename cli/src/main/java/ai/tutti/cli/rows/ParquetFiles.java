package ai.tutti.cli.rows;

import java.io.IOException;
import java.nio.file.Path;
import org.apache.parquet.ParquetReadOptions;
import org.apache.parquet.conf.PlainParquetConfiguration;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.io.LocalInputFile;

/** Opens Parquet files with Apache's own library, which is used without Hadoop. */
final class ParquetFiles {
    private ParquetFiles() {}

    /**
     * Opens a file.
     *
     * @throws RowException when it is no Parquet file
     */
    static ParquetFileReader open(Path file) throws IOException {
        try {
            ParquetReadOptions options = ParquetReadOptions.builder(new PlainParquetConfiguration())
                    .withCodecFactory(new ParquetCodecs())
                    .build();
            return ParquetFileReader.open(new LocalInputFile(file), options);
        } catch (RuntimeException e) {
            throw new RowException("%s is not a Parquet file that can be read: %s".formatted(file, reason(e)), e);
        }
    }

    /** What a fault says; the library's own is one line in most cases. */
    static String reason(Throwable fault) {
        String message = fault.getMessage();
        return message == null ? fault.getClass().getSimpleName() : message.lines().findFirst().orElse("").strip();
    }
}
