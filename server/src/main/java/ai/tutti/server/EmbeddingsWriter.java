package ai.tutti.server;

import ai.tutti.api.EmbeddingsUsage;
import ai.tutti.api.EncodingFormat;
import ai.tutti.api.Json;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import tools.jackson.core.JsonGenerator;

/** Writes {@link ai.tutti.api.EmbeddingsReply} vector by vector; never more than one is held. */
final class EmbeddingsWriter implements AutoCloseable {
    private final JsonGenerator json;
    private final OutputStream out;
    private final EncodingFormat format;
    private byte[] numbers = {};
    private int index;

    EmbeddingsWriter(OutputStream out, String model, EncodingFormat format) {
        this.json = Json.mapper().createGenerator(out);
        this.out = out;
        this.format = format;
        json.writeStartObject();
        json.writeStringProperty("object", "list");
        json.writeStringProperty("model", model);
        json.writeArrayPropertyStart("data");
    }

    /** Writes the next text's vector and hands it on to the stream. */
    void write(float[] vector) {
        json.writeStartObject();
        json.writeStringProperty("object", "embedding");
        json.writeNumberProperty("index", index++);
        json.writeName("embedding");
        switch (format) {
            case FLOAT -> writeNumbers(vector);
            case BASE64 -> json.writeBinary(littleEndian(vector));
        }
        json.writeEndObject();
        json.flush();
    }

    /** Past the generator, which takes three times as long for a number. */
    private void writeNumbers(float[] vector) {
        int most = 2 + vector.length * (FloatText.MOST_BYTES + 1);
        if (numbers.length < most) {
            numbers = new byte[most];
        }
        int end = 0;
        numbers[end++] = '[';
        for (float value : vector) {
            end = FloatText.write(value, numbers, end);
            numbers[end++] = ',';
        }
        numbers[vector.length == 0 ? end++ : end - 1] = ']';
        json.writeRawValue(""); // what separates the value from its name
        json.flush();
        try {
            out.write(numbers, 0, end);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Writes what follows the vectors. */
    void finish(EmbeddingsUsage usage) {
        json.writeEndArray();
        json.writePOJOProperty("usage", usage);
        json.writeEndObject();
    }

    private static byte[] littleEndian(float[] vector) {
        ByteBuffer bytes = ByteBuffer.allocate(vector.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(vector);
        return bytes.array();
    }

    @Override
    public void close() {
        json.close();
    }
}
