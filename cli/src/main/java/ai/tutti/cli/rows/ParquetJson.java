package ai.tutti.cli.rows;

import ai.tutti.api.Json;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.Base64;
import java.util.UUID;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.io.api.Binary;
import org.apache.parquet.schema.GroupType;
import org.apache.parquet.schema.LogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.DateLogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.DecimalLogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.EnumLogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.IntLogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.JsonLogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.ListLogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.MapLogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.StringLogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.TimeLogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.TimeUnit;
import org.apache.parquet.schema.LogicalTypeAnnotation.TimestampLogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.UUIDLogicalTypeAnnotation;
import org.apache.parquet.schema.PrimitiveType;
import org.apache.parquet.schema.Type;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * A Parquet row as JSON: lists and maps as such, dates and times as ISO 8601 has them, decimals with all their digits, bytes
 * that are no text in base64, numbers that JSON does not know ({@code NaN}) as texts.
 */
final class ParquetJson {
    private static final JsonNodeFactory NODES = Json.mapper().getNodeFactory();
    private static final long JULIAN_EPOCH = 2_440_588;

    private ParquetJson() {}

    static ObjectNode fields(Group group) {
        ObjectNode fields = NODES.objectNode();
        for (Type type : group.getType().getFields()) {
            fields.set(type.getName(), field(group, type));
        }
        return fields;
    }

    private static JsonNode field(Group group, Type type) {
        int index = group.getType().getFieldIndex(type.getName());
        int count = group.getFieldRepetitionCount(index);
        if (!type.isRepetition(Type.Repetition.REPEATED)) {
            return count == 0 ? NODES.nullNode() : value(group, type, index, 0);
        }
        ArrayNode all = NODES.arrayNode();
        for (int i = 0; i < count; i++) {
            all.add(value(group, type, index, i));
        }
        return all;
    }

    private static JsonNode value(Group group, Type type, int index, int place) {
        if (type.isPrimitive()) {
            return primitive(group, type.asPrimitiveType(), index, place);
        }
        Group inner = group.getGroup(index, place);
        return switch (type.getLogicalTypeAnnotation()) {
            case ListLogicalTypeAnnotation _ when inner.getType().getFieldCount() == 1 -> list(inner);
            case MapLogicalTypeAnnotation _ when inner.getType().getFieldCount() == 1 -> map(inner);
            case null, default -> fields(inner);
        };
    }

    /** Newer writers put each element into a group of its own, older ones do not. */
    private static JsonNode list(Group list) {
        Type repeated = list.getType().getType(0);
        boolean grouped = !repeated.isPrimitive() && repeated.asGroupType().getFieldCount() == 1;
        ArrayNode elements = NODES.arrayNode();
        for (int i = 0; i < list.getFieldRepetitionCount(0); i++) {
            if (grouped) {
                Group element = list.getGroup(0, i);
                elements.add(field(element, element.getType().getType(0)));
            } else {
                elements.add(value(list, repeated, 0, i));
            }
        }
        return elements;
    }

    private static JsonNode map(Group map) {
        GroupType entry = map.getType().getType(0).asGroupType();
        ObjectNode entries = NODES.objectNode();
        for (int i = 0; i < map.getFieldRepetitionCount(0); i++) {
            Group pair = map.getGroup(0, i);
            JsonNode value = entry.getFieldCount() > 1 ? field(pair, entry.getType(1)) : NODES.nullNode();
            entries.set(field(pair, entry.getType(0)).asString(), value);
        }
        return entries;
    }

    private static JsonNode primitive(Group group, PrimitiveType type, int index, int place) {
        LogicalTypeAnnotation meaning = type.getLogicalTypeAnnotation();
        return switch (type.getPrimitiveTypeName()) {
            case BOOLEAN -> NODES.booleanNode(group.getBoolean(index, place));
            case INT32 -> whole(group.getInteger(index, place), meaning, 0xFFFFFFFFL);
            case INT64 -> whole(group.getLong(index, place), meaning, -1);
            case FLOAT -> real(group.getFloat(index, place), NODES.numberNode(group.getFloat(index, place)));
            case DOUBLE -> real(group.getDouble(index, place), NODES.numberNode(group.getDouble(index, place)));
            case INT96 -> NODES.stringNode(moment(group.getInt96(index, place)).toString());
            case BINARY, FIXED_LEN_BYTE_ARRAY -> bytes(group.getBinary(index, place), meaning);
        };
    }

    private static JsonNode real(double value, JsonNode number) {
        return Double.isFinite(value) ? number : NODES.stringNode(Double.toString(value));
    }

    private static JsonNode whole(long value, @Nullable LogicalTypeAnnotation meaning, long mask) {
        return switch (meaning) {
            case DateLogicalTypeAnnotation _ -> NODES.stringNode(LocalDate.ofEpochDay(value).toString());
            case TimeLogicalTypeAnnotation time -> NODES.stringNode(LocalTime.ofNanoOfDay(value * nanos(time.getUnit())).toString());
            case TimestampLogicalTypeAnnotation stamp -> NODES.stringNode(moment(value, stamp));
            case DecimalLogicalTypeAnnotation decimal -> NODES.numberNode(BigDecimal.valueOf(value, decimal.getScale()));
            case IntLogicalTypeAnnotation number when !number.isSigned() && (value & mask) < 0 ->
                NODES.numberNode(new BigInteger(Long.toUnsignedString(value)));
            case IntLogicalTypeAnnotation number when !number.isSigned() -> NODES.numberNode(value & mask);
            case null, default -> NODES.numberNode(value);
        };
    }

    private static String moment(long value, TimestampLogicalTypeAnnotation stamp) {
        ChronoUnit unit = switch (stamp.getUnit()) {
            case MILLIS -> ChronoUnit.MILLIS;
            case MICROS -> ChronoUnit.MICROS;
            case NANOS -> ChronoUnit.NANOS;
        };
        Instant instant = Instant.EPOCH.plus(value, unit);
        return stamp.isAdjustedToUTC() ? instant.toString() : LocalDateTime.ofInstant(instant, ZoneOffset.UTC).toString();
    }

    private static long nanos(TimeUnit unit) {
        return switch (unit) {
            case MILLIS -> 1_000_000;
            case MICROS -> 1_000;
            case NANOS -> 1;
        };
    }

    /** Nanoseconds of the day, then the Julian day. */
    private static Instant moment(Binary int96) {
        ByteBuffer bytes = ByteBuffer.wrap(int96.getBytes()).order(ByteOrder.LITTLE_ENDIAN);
        long nanos = bytes.getLong();
        return Instant.EPOCH.plus(bytes.getInt() - JULIAN_EPOCH, ChronoUnit.DAYS).plusNanos(nanos);
    }

    private static JsonNode bytes(Binary value, @Nullable LogicalTypeAnnotation meaning) {
        return switch (meaning) {
            case StringLogicalTypeAnnotation _ -> NODES.stringNode(value.toStringUsingUTF8());
            case EnumLogicalTypeAnnotation _ -> NODES.stringNode(value.toStringUsingUTF8());
            case JsonLogicalTypeAnnotation _ -> NODES.stringNode(value.toStringUsingUTF8());
            case UUIDLogicalTypeAnnotation _ -> {
                ByteBuffer bytes = value.toByteBuffer();
                yield NODES.stringNode(new UUID(bytes.getLong(), bytes.getLong()).toString());
            }
            case DecimalLogicalTypeAnnotation decimal ->
                NODES.numberNode(new BigDecimal(new BigInteger(value.getBytes()), decimal.getScale()));
            case null, default -> NODES.stringNode(Base64.getEncoder().encodeToString(value.getBytes()));
        };
    }
}
