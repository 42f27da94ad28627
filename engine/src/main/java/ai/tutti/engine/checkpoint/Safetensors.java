package ai.tutti.engine.checkpoint;

import ai.tutti.engine.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * The safetensors format: eight bytes with the length N of the header, N bytes of JSON, then the numbers.
 *
 * <p>The header is data from a stranger. Every offset, shape and length in it is checked against the file before anything
 * is built on it: the tensors must lie one behind another without gaps and end where the file ends.
 */
final class Safetensors {
    private static final long MAX_HEADER = 100_000_000;
    private static final ValueLayout.OfLong LENGTH =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final Map<String, DType> DTYPES =
            Arrays.stream(DType.values()).collect(Collectors.toUnmodifiableMap(DType::name, type -> type));
    private static final JsonMapper MAPPER = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    private record Entry(String name, String dtype, long[] shape, long begin, long end) {}

    private final MappedFile file;
    private final MemorySegment data;
    private final byte[] header;

    private Safetensors(MappedFile file) {
        this.file = file;
        MemorySegment bytes = file.bytes();
        if (bytes.byteSize() < 8) {
            throw file.broken("it has only " + bytes.byteSize() + " bytes");
        }
        long length = bytes.get(LENGTH, 0);
        if (length < 2 || length > MAX_HEADER || length > bytes.byteSize() - 8) {
            throw file.broken("its header's length %s does not fit a file of %d bytes"
                    .formatted(Long.toUnsignedString(length), bytes.byteSize()));
        }
        this.header = bytes.asSlice(8, length).toArray(ValueLayout.JAVA_BYTE);
        this.data = bytes.asSlice(8 + length);
    }

    /** The file's tensors under the names they have there. */
    static List<StoredTensor> read(MappedFile file) {
        Safetensors reader = new Safetensors(file);
        List<Entry> entries;
        try {
            entries = reader.entries();
        } catch (JacksonException e) {
            var reason = e.getOriginalMessage().lines().findFirst().orElse("");
            throw file.broken("its header is not valid JSON (" + reason + ")");
        }
        reader.checkLayout(entries);
        return entries.stream().map(reader::tensor).toList();
    }

    private List<Entry> entries() {
        List<Entry> entries = new ArrayList<>();
        try (JsonParser parser = MAPPER.createParser(new String(header, StandardCharsets.UTF_8))) {
            expect(parser.nextToken(), JsonToken.START_OBJECT, "its header");
            for (String name = parser.nextName(); name != null; name = parser.nextName()) {
                parser.nextToken();
                if (name.equals("__metadata__")) {
                    parser.skipChildren();
                } else {
                    entries.add(entry(name, parser));
                }
            }
            expect(parser.currentToken(), JsonToken.END_OBJECT, "its header's end");
            if (parser.nextToken() != null) {
                throw file.broken("its header goes on after its end");
            }
        }
        return entries;
    }

    private Entry entry(String name, JsonParser parser) {
        expect(parser.currentToken(), JsonToken.START_OBJECT, "tensor " + name);
        String dtype = null;
        long[] shape = null;
        long[] offsets = null;
        for (String key = parser.nextName(); key != null; key = parser.nextName()) {
            JsonToken token = parser.nextToken();
            switch (key) {
                case "dtype" -> {
                    expect(token, JsonToken.VALUE_STRING, "the dtype of tensor " + name);
                    dtype = parser.getString();
                }
                case "shape" -> shape = longs(parser, "the shape of tensor " + name);
                case "data_offsets" -> offsets = longs(parser, "the data_offsets of tensor " + name);
                default -> parser.skipChildren();
            }
        }
        if (dtype == null || shape == null || offsets == null || offsets.length != 2) {
            throw file.broken("tensor " + name + " lacks its dtype, shape or data_offsets");
        }
        return new Entry(name, dtype, shape, offsets[0], offsets[1]);
    }

    private long[] longs(JsonParser parser, String what) {
        expect(parser.currentToken(), JsonToken.START_ARRAY, what);
        List<Long> values = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            expect(parser.currentToken(), JsonToken.VALUE_NUMBER_INT, what);
            values.add(parser.getLongValue());
        }
        return values.stream().mapToLong(Long::longValue).toArray();
    }

    private void expect(@Nullable JsonToken found, JsonToken wanted, String what) {
        if (found != wanted) {
            throw file.broken(what + " is not what the format says");
        }
    }

    private void checkLayout(List<Entry> entries) {
        List<Entry> byPlace = new ArrayList<>(entries);
        byPlace.sort(Comparator.comparingLong(Entry::begin).thenComparingLong(Entry::end));
        long end = 0;
        for (Entry entry : byPlace) {
            if (entry.begin() != end || entry.end() < entry.begin() || entry.end() > data.byteSize()) {
                throw file.broken("tensor %s lies at bytes %d to %d of %d"
                        .formatted(entry.name(), entry.begin(), entry.end(), data.byteSize()));
            }
            end = entry.end();
        }
        if (end != data.byteSize()) {
            throw file.broken("its header tells of %d bytes of data and there are %d".formatted(end, data.byteSize()));
        }
    }

    private StoredTensor tensor(Entry entry) {
        DType dtype = DTYPES.get(entry.dtype());
        if (dtype == null) {
            throw file.broken("tensor %s is stored as %s instead of F32, F16 or BF16"
                    .formatted(entry.name(), entry.dtype()));
        }
        long bytes = entry.end() - entry.begin();
        if (!TensorSize.fills(entry.shape(), dtype.bytes(), bytes)) {
            throw file.broken("tensor %s of shape %s as %s does not fill %d bytes"
                    .formatted(entry.name(), Arrays.toString(entry.shape()), dtype, bytes));
        }
        return new StoredTensor(
                entry.name(),
                dtype,
                entry.shape(),
                TensorSize.rowMajor(entry.shape()),
                data.asSlice(entry.begin(), bytes),
                file.path().toString());
    }
}
