package ai.tutti.cli.rows;

import static java.util.Objects.requireNonNull;
import static org.apache.parquet.schema.LogicalTypeAnnotation.jsonType;
import static org.apache.parquet.schema.LogicalTypeAnnotation.stringType;
import static org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName.BINARY;
import static org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName.BOOLEAN;
import static org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName.DOUBLE;
import static org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName.FLOAT;
import static org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName.INT64;

import ai.tutti.api.Json;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.parquet.conf.ParquetConfiguration;
import org.apache.parquet.conf.PlainParquetConfiguration;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.hadoop.ParquetWriter;
import org.apache.parquet.hadoop.api.WriteSupport;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.apache.parquet.io.LocalOutputFile;
import org.apache.parquet.io.OutputFile;
import org.apache.parquet.io.api.Binary;
import org.apache.parquet.io.api.RecordConsumer;
import org.apache.parquet.schema.GroupType;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.Type;
import org.apache.parquet.schema.Types;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * The columns of a Parquet file: those of the input, as they are when it is Parquet itself and else by what all of its rows have
 * in them, and behind them the vector, a list of floats.
 */
final class ParquetSchema {
    private static final String LIST = "list";
    private static final String ELEMENT = "element";

    /** What a column of JSON values can hold. */
    private enum Kind {
        STRING,
        WHOLE,
        NUMBER,
        FLAG,
        /** Values of several kinds, lists and objects, written as JSON. */
        JSON;

        static Kind of(JsonNode value) {
            if (value.isString()) {
                return STRING;
            }
            if (value.isBoolean()) {
                return FLAG;
            }
            if (value.isIntegralNumber() && value.canConvertToLong()) {
                return WHOLE;
            }
            return value.isNumber() ? NUMBER : JSON;
        }

        static Kind join(Kind one, Kind other) {
            if (one == other) {
                return one;
            }
            boolean numbers = (one == WHOLE || one == NUMBER) && (other == WHOLE || other == NUMBER);
            return numbers ? NUMBER : JSON;
        }

        Type column(String name) {
            return switch (this) {
                case STRING -> Types.optional(BINARY).as(stringType()).named(name);
                case WHOLE -> Types.optional(INT64).named(name);
                case NUMBER -> Types.optional(DOUBLE).named(name);
                case FLAG -> Types.optional(BOOLEAN).named(name);
                case JSON -> Types.optional(BINARY).as(jsonType()).named(name);
            };
        }
    }

    /** A row and its vector. */
    record Joined(Row row, float[] vector) {}

    private final MessageType schema;
    private final Map<String, Kind> kinds;
    private final String field;

    private ParquetSchema(List<Type> columns, Map<String, Kind> kinds, String field) {
        var all = new ArrayList<>(columns);
        all.add(Types.requiredList().requiredElement(FLOAT).named(field));
        this.schema = new MessageType("row", all);
        this.kinds = kinds;
        this.field = field;
    }

    /** The columns for an input, which is read to its end where it is not Parquet. */
    static ParquetSchema of(RowInput input, String field) throws IOException {
        if (input instanceof RowInput.File file && file.format() == RowFormat.PARQUET) {
            try (ParquetFileReader parquet = ParquetFiles.open(file.path())) {
                return new ParquetSchema(parquet.getFooter().getFileMetaData().getSchema().getFields(), Map.of(), field);
            }
        }
        var kinds = new LinkedHashMap<String, @Nullable Kind>();
        try (RowReader rows = input.open()) {
            for (Row row = rows.next(); row != null; row = rows.next()) {
                for (Map.Entry<String, JsonNode> value : row.fields().properties()) {
                    Kind known = kinds.get(value.getKey());
                    Kind kind = value.getValue().isNull() ? known : Kind.of(value.getValue());
                    kinds.put(value.getKey(), known == null || kind == null ? kind : Kind.join(known, kind));
                }
            }
        }
        var certain = new LinkedHashMap<String, Kind>();
        kinds.forEach((name, kind) -> certain.put(name, kind == null ? Kind.STRING : kind));
        return new ParquetSchema(
                certain.entrySet().stream().map(column -> column.getValue().column(column.getKey())).toList(), certain, field);
    }

    /**
     * A writer of a new file.
     *
     * @param facts what the file says of itself beside its rows
     */
    ParquetWriter<Joined> writer(Path file, Map<String, String> facts) throws IOException {
        return new Builder(new LocalOutputFile(file), new Support(facts))
                .withConf(new PlainParquetConfiguration())
                .withCompressionCodec(CompressionCodecName.SNAPPY)
                .withDictionaryEncoding(String.join(".", field, LIST, ELEMENT), false)
                .build();
    }

    private static final class Builder extends ParquetWriter.Builder<Joined, Builder> {
        private final Support support;

        Builder(OutputFile file, Support support) {
            super(file);
            this.support = support;
        }

        @Override
        protected Builder self() {
            return this;
        }

        @Override
        @SuppressWarnings("deprecation") // Hadoop's form of the same, which has to be there and is not asked
        protected WriteSupport<Joined> getWriteSupport(Configuration configuration) {
            return support;
        }

        @Override
        protected WriteSupport<Joined> getWriteSupport(ParquetConfiguration configuration) {
            return support;
        }
    }

    /** Takes rows apart into the columns' values. */
    private final class Support extends WriteSupport<Joined> {
        private final Map<String, String> facts = new LinkedHashMap<>();
        private @Nullable RecordConsumer columns;

        Support(Map<String, String> facts) {
            facts.forEach((name, value) -> this.facts.put("tutti." + name, value));
        }

        @Override
        @SuppressWarnings("deprecation") // Hadoop's form of the same, which has to be there and is not asked
        public WriteContext init(Configuration configuration) {
            return new WriteContext(schema, facts);
        }

        @Override
        public WriteContext init(ParquetConfiguration configuration) {
            return new WriteContext(schema, facts);
        }

        @Override
        public void prepareForWrite(RecordConsumer consumer) {
            columns = consumer;
        }

        @Override
        public void write(Joined joined) {
            RecordConsumer to = requireNonNull(columns);
            to.startMessage();
            Group group = joined.row().group();
            if (group == null) {
                writeFields(to, joined.row());
            } else {
                writeGroup(to, group);
            }
            writeVector(to, joined.vector());
            to.endMessage();
        }

        private void writeFields(RecordConsumer to, Row row) {
            int index = 0;
            for (Map.Entry<String, Kind> column : kinds.entrySet()) {
                JsonNode value = row.fields().get(column.getKey());
                if (value != null && !value.isNull()) {
                    to.startField(column.getKey(), index);
                    writeValue(to, value, column.getValue());
                    to.endField(column.getKey(), index);
                }
                index++;
            }
        }

        private static void writeValue(RecordConsumer to, JsonNode value, Kind kind) {
            switch (kind) {
                case STRING -> to.addBinary(Binary.fromString(value.stringValue()));
                case WHOLE -> to.addLong(value.longValue());
                case NUMBER -> to.addDouble(value.decimalValue().doubleValue());
                case FLAG -> to.addBoolean(value.booleanValue());
                case JSON -> to.addBinary(Binary.fromString(Json.writeText(value)));
            }
        }

        private static void writeGroup(RecordConsumer to, Group group) {
            GroupType type = group.getType();
            for (int i = 0; i < type.getFieldCount(); i++) {
                int count = group.getFieldRepetitionCount(i);
                if (count == 0) {
                    continue;
                }
                to.startField(type.getFieldName(i), i);
                for (int j = 0; j < count; j++) {
                    if (type.getType(i).isPrimitive()) {
                        group.writeValue(i, j, to);
                    } else {
                        to.startGroup();
                        writeGroup(to, group.getGroup(i, j));
                        to.endGroup();
                    }
                }
                to.endField(type.getFieldName(i), i);
            }
        }

        private void writeVector(RecordConsumer to, float[] vector) {
            int index = schema.getFieldCount() - 1;
            to.startField(field, index);
            to.startGroup();
            if (vector.length > 0) {
                to.startField(LIST, 0);
                for (float number : vector) {
                    to.startGroup();
                    to.startField(ELEMENT, 0);
                    to.addFloat(number);
                    to.endField(ELEMENT, 0);
                    to.endGroup();
                }
                to.endField(LIST, 0);
            }
            to.endGroup();
            to.endField(field, index);
        }
    }
}
