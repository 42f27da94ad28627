package ai.tutti.cli.rows;

/** How rows with their vectors stand in a text file: one record each, the vector last. */
sealed interface RowLayout permits CsvLayout, JsonLayout {
    /** What stands before the first row, line end included; empty for nothing. */
    String head(Row first);

    /**
     * A row up to where its vector's numbers begin.
     *
     * @throws RowException for a row that this file cannot hold
     */
    String beginning(Row row);

    /** What stands behind the numbers, line end included. */
    String ending();

    /** What parts the cells; 0 where there are none. */
    char delimiter();

    /** A whole record; the numbers are the shortest that are read back as the same floats. */
    default String record(Row row, float[] vector) {
        String beginning = beginning(row);
        var record = new StringBuilder(beginning.length() + 12 * vector.length + 4).append(beginning);
        for (int i = 0; i < vector.length; i++) {
            if (i > 0) {
                record.append(',');
            }
            record.append(vector[i]);
        }
        return record.append(ending()).toString();
    }

    /**
     * The layout of a format.
     *
     * @param field the name of the vector's field or column
     */
    static RowLayout of(RowFormat format, String field) {
        return switch (format) {
            case JSONL -> new JsonLayout(field);
            case CSV, TSV -> new CsvLayout(field, format.delimiter());
            case TEXT, PARQUET -> throw new IllegalArgumentException(format + " is not written line by line");
        };
    }

    /** What is said of a row that has a field of the vector's name. */
    static RowException taken(Row row, String field) {
        return new RowException("%s: has a '%s' already; --embedding-field names another field for the vector"
                .formatted(row.place(), field));
    }
}
