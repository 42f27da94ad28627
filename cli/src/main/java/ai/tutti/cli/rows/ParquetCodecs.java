package ai.tutti.cli.rows;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.zip.GZIPInputStream;
import org.apache.parquet.bytes.BytesInput;
import org.apache.parquet.compression.CompressionCodecFactory;
import org.apache.parquet.conf.PlainParquetConfiguration;
import org.apache.parquet.hadoop.CodecFactory;
import org.apache.parquet.hadoop.ParquetWriter;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;

/** Reads compressed pages: as Apache's library does, but for gzip, for which that asks Hadoop and this asks Java. */
final class ParquetCodecs implements CompressionCodecFactory {
    private final CodecFactory others = new CodecFactory(new PlainParquetConfiguration(), ParquetWriter.DEFAULT_PAGE_SIZE);

    @Override
    public BytesInputCompressor getCompressor(CompressionCodecName codec) {
        return others.getCompressor(codec);
    }

    @Override
    public BytesInputDecompressor getDecompressor(CompressionCodecName codec) {
        return codec == CompressionCodecName.GZIP ? new Gunzip() : others.getDecompressor(codec);
    }

    @Override
    public void release() {
        others.release();
    }

    private static final class Gunzip implements BytesInputDecompressor {
        @Override
        public BytesInput decompress(BytesInput bytes, int size) throws IOException {
            return BytesInput.from(gunzip(bytes, size));
        }

        @Override
        public void decompress(ByteBuffer input, int compressedSize, ByteBuffer output, int size) throws IOException {
            ByteBuffer compressed = input.slice(input.position(), compressedSize);
            input.position(input.position() + compressedSize);
            output.put(gunzip(BytesInput.from(compressed), size));
        }

        private static byte[] gunzip(BytesInput bytes, int size) throws IOException {
            try (InputStream plain = new GZIPInputStream(bytes.toInputStream())) {
                byte[] all = plain.readNBytes(size);
                if (all.length < size) {
                    throw new IOException("a page is shorter than it says");
                }
                return all;
            }
        }

        @Override
        public void release() {}
    }
}
