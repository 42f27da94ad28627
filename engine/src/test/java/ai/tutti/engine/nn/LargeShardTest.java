package ai.tutti.engine.nn;

import static org.assertj.core.api.Assertions.assertThat;

import ai.tutti.engine.checkpoint.Checkpoint;
import ai.tutti.engine.kernel.Kernels;
import ai.tutti.engine.tensor.DType;
import ai.tutti.engine.tensor.Matrix;
import ai.tutti.engine.tensor.Precision;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A shard of more than 2 GB, nearly all of it a hole: tensors behind the border, and rows of one that goes across it. */
final class LargeShardTest {
    private static final int COLUMNS = 4096;
    private static final long ROWS = 300_000;
    private static final long LAYER = ROWS * COLUMNS * 2;

    @TempDir
    Path folder;

    @Test
    void readsBehindTwoGigabytes() throws IOException {
        write();
        try (var checkpoint = Checkpoint.open(folder);
                var arena = Arena.ofConfined()) {
            var weights = new Weights(checkpoint, Kernels.instance(), arena, Precision.F32, Weights.Storage.COMPACT);
            var table = weights.table("few.weight", 2, COLUMNS);
            var row = new Matrix(arena.allocate(COLUMNS * 4L, 4), DType.F32, 1, COLUMNS);
            table.read(1, row, 0);
            var large = checkpoint.require("embed_tokens.weight", ROWS, COLUMNS);
            var last = new float[COLUMNS];
            StoredNumbers.read(large, (int) ROWS - 1, 1, last, 0);

            assertThat(large.data().byteSize()).isGreaterThan(Integer.MAX_VALUE);
            assertThat(row.data().getAtIndex(ValueLayout.JAVA_FLOAT, 7)).isEqualTo(-2.5f);
            assertThat(last[COLUMNS - 1]).isEqualTo(1.5f);
            assertThat(last[0]).isZero();
        }
    }

    private void write() throws IOException {
        Files.writeString(folder.resolve("model.safetensors.index.json"), """
                {"weight_map": {"embed_tokens.weight": "model-00001-of-00001.safetensors",
                 "few.weight": "model-00001-of-00001.safetensors"}}
                """);
        long end = LAYER + 2L * COLUMNS * 2;
        var header = """
                {"embed_tokens.weight":{"dtype":"F16","shape":[%d,%d],"data_offsets":[0,%d]},\
                "few.weight":{"dtype":"F16","shape":[2,%d],"data_offsets":[%d,%d]}}"""
                .formatted(ROWS, COLUMNS, LAYER, COLUMNS, LAYER, end)
                .getBytes(StandardCharsets.US_ASCII);
        long data = 8L + header.length;
        try (var file = FileChannel.open(
                folder.resolve("model-00001-of-00001.safetensors"),
                StandardOpenOption.CREATE_NEW,
                StandardOpenOption.SPARSE,
                StandardOpenOption.WRITE)) {
            file.write(ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(0, header.length), 0);
            file.write(ByteBuffer.wrap(header), 8);
            file.write(f16(1.5f), data + LAYER - 2);
            file.write(f16(-2.5f), data + LAYER + (COLUMNS + 7) * 2L);
            file.write(f16(0), data + end - 2);
        }
    }

    private static ByteBuffer f16(float value) {
        return ByteBuffer.allocate(2).order(ByteOrder.LITTLE_ENDIAN).putShort(0, Float.floatToFloat16(value));
    }
}
