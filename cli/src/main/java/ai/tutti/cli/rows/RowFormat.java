package ai.tutti.cli.rows;

import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** How rows are written down. */
public enum RowFormat {
    /** A text a line. */
    TEXT("text"),
    /** A JSON object a line. */
    JSONL("jsonl"),
    /** RFC 4180, the first record names the columns. */
    CSV("csv"),
    /** The same with tabs. */
    TSV("tsv"),
    /** Apache Parquet. */
    PARQUET("parquet");

    private final String word;

    RowFormat(String word) {
        this.word = word;
    }

    /** The format as options name it. */
    public String word() {
        return word;
    }

    /** The format that a file's name tells; null when it tells none. */
    public static @Nullable RowFormat of(Path file) {
        String name = String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT);
        return switch (name.substring(name.lastIndexOf('.') + 1)) {
            case "txt" -> TEXT;
            case "jsonl", "ndjson" -> JSONL;
            case "csv" -> CSV;
            case "tsv" -> TSV;
            case "parquet" -> PARQUET;
            default -> null;
        };
    }

    /** What parts the cells of a line; 0 where there are none. */
    char delimiter() {
        return switch (this) {
            case CSV -> ',';
            case TSV -> '\t';
            case TEXT, JSONL, PARQUET -> 0;
        };
    }
}
