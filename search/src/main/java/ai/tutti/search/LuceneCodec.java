package ai.tutti.search;

import java.io.IOException;
import org.apache.lucene.codecs.KnnVectorsFormat;
import org.apache.lucene.codecs.KnnVectorsReader;
import org.apache.lucene.codecs.KnnVectorsWriter;
import org.apache.lucene.codecs.lucene104.Lucene104Codec;
import org.apache.lucene.codecs.lucene104.Lucene104HnswScalarQuantizedVectorsFormat;
import org.apache.lucene.codecs.lucene99.Lucene99HnswVectorsFormat;
import org.apache.lucene.index.SegmentReadState;
import org.apache.lucene.index.SegmentWriteState;
import org.apache.lucene.util.quantization.QuantizedByteVectorValues.ScalarEncoding;

/**
 * Lucene's own codec with the vectors' encoding chosen. The choice is made where the codec asks for a field's format, so that
 * each segment names its format and any Lucene can read it; a codec that wrapped this one under its name would write segments
 * whose vectors nothing finds.
 */
final class LuceneCodec extends Lucene104Codec {
    private final KnnVectorsFormat format;

    LuceneCodec(VectorEncoding encoding) {
        format = new LongVectors(format(encoding));
    }

    @Override
    public KnnVectorsFormat getKnnVectorsFormatForField(String field) {
        return format;
    }

    private static KnnVectorsFormat format(VectorEncoding encoding) {
        return switch (encoding) {
            case FLOAT32 -> new Lucene99HnswVectorsFormat();
            case INT8 -> quantized(ScalarEncoding.UNSIGNED_BYTE);
            case BIT1 -> quantized(ScalarEncoding.SINGLE_BIT_QUERY_NIBBLE);
        };
    }

    private static KnnVectorsFormat quantized(ScalarEncoding encoding) {
        return new Lucene104HnswScalarQuantizedVectorsFormat(
                encoding, Lucene99HnswVectorsFormat.DEFAULT_MAX_CONN, Lucene99HnswVectorsFormat.DEFAULT_BEAM_WIDTH);
    }

    /** A format that takes vectors of more than 1,024 dimensions. It writes the other's files under the other's name. */
    private static final class LongVectors extends KnnVectorsFormat {
        private final KnnVectorsFormat format;

        LongVectors(KnnVectorsFormat format) {
            super(format.getName());
            this.format = format;
        }

        @Override
        public KnnVectorsWriter fieldsWriter(SegmentWriteState state) throws IOException {
            return format.fieldsWriter(state);
        }

        @Override
        public KnnVectorsReader fieldsReader(SegmentReadState state) throws IOException {
            return format.fieldsReader(state);
        }

        @Override
        public int getMaxDimensions(String field) {
            return VectorSpace.MAX_DIMENSIONS;
        }
    }
}
