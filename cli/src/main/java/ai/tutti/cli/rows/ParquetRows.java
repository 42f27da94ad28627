package ai.tutti.cli.rows;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.nio.file.Path;
import org.apache.parquet.column.page.PageReadStore;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.example.data.simple.convert.GroupRecordConverter;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.io.ColumnIOFactory;
import org.apache.parquet.io.RecordReader;
import org.apache.parquet.schema.LogicalTypeAnnotation.StringLogicalTypeAnnotation;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName;
import org.apache.parquet.schema.Type;
import org.jspecify.annotations.Nullable;

/** The rows of a Parquet file, one of whose columns is the text. */
final class ParquetRows implements RowReader {
    private final ParquetFileReader file;
    private final String name;
    private final String field;
    private final MessageType schema;
    private @Nullable RecordReader<Group> records;
    private long left;
    private long number;

    private ParquetRows(ParquetFileReader file, String name, String field) {
        this.file = file;
        this.name = name;
        this.field = field;
        this.schema = file.getFooter().getFileMetaData().getSchema();
    }

    static ParquetRows open(Path path, String field) throws IOException {
        ParquetFileReader file = ParquetFiles.open(path);
        var rows = new ParquetRows(file, path.toString(), field);
        try {
            rows.requireText();
            return rows;
        } catch (RowException e) {
            file.close();
            throw e;
        }
    }

    private void requireText() {
        if (!schema.containsField(field)) {
            throw new RowException("%s: has no column '%s' (it has %s); --field names the one with the text"
                    .formatted(name, field, String.join(", ", schema.getFields().stream().map(Type::getName).toList())));
        }
        Type type = schema.getType(field);
        boolean text = type.isPrimitive()
                && !type.isRepetition(Type.Repetition.REPEATED)
                && type.asPrimitiveType().getPrimitiveTypeName() == PrimitiveTypeName.BINARY
                && type.getLogicalTypeAnnotation() instanceof StringLogicalTypeAnnotation;
        if (!text) {
            throw new RowException("%s: the column '%s' holds no texts but %s".formatted(name, field, type));
        }
    }

    @Override
    public @Nullable Row next() throws IOException {
        Group group = read();
        if (group == null) {
            return null;
        }
        number++;
        String place = "%s: row %d".formatted(name, number);
        int column = schema.getFieldIndex(field);
        if (group.getFieldRepetitionCount(column) == 0) {
            throw new RowException("%s: the column '%s' is null".formatted(place, field));
        }
        return new Row(place, group.getString(column, 0), ParquetJson.fields(group), null, group);
    }

    private @Nullable Group read() throws IOException {
        try {
            while (left == 0) {
                PageReadStore pages = file.readNextRowGroup();
                if (pages == null) {
                    return null;
                }
                left = pages.getRowCount();
                records = new ColumnIOFactory().getColumnIO(schema).getRecordReader(pages, new GroupRecordConverter(schema));
            }
            left--;
            return requireNonNull(records).read();
        } catch (RuntimeException | LinkageError e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            throw new RowException("%s: cannot be read behind row %d: %s".formatted(name, number, ParquetFiles.reason(cause)), e);
        }
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
