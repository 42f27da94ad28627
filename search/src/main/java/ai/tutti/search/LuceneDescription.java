package ai.tutti.search;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.apache.lucene.index.SegmentInfos;
import org.apache.lucene.store.FSDirectory;
import org.jspecify.annotations.Nullable;

/** What a folder's index says of itself, kept in each of its commits. */
record LuceneDescription(VectorSpace space, VectorEncoding encoding) {
    private static final String FORMAT = "tutti.format";
    private static final String MODEL = "tutti.model";
    private static final String DIMENSIONS = "tutti.dimensions";
    private static final String NORMALIZATION = "tutti.normalization";
    private static final String ENCODING = "tutti.encoding";

    private static final String THIS_FORMAT = "1";
    private static final String UNIT_LENGTH = "unit-length";

    LuceneDescription {
        requireNonNull(space, "space is null");
        requireNonNull(encoding, "encoding is null");
    }

    Map<String, String> write() {
        return Map.of(
                FORMAT, THIS_FORMAT,
                MODEL, space.model(),
                DIMENSIONS, Integer.toString(space.dimensions()),
                NORMALIZATION, UNIT_LENGTH,
                ENCODING, encoding.name());
    }

    static LuceneDescription read(Path folder) throws IOException {
        Map<String, String> data;
        try (var directory = FSDirectory.open(folder)) {
            data = SegmentInfos.readLatestCommit(directory).getUserData();
        }
        var format = data.get(FORMAT);
        if (format == null) {
            throw new StoreException(folder + " holds an index of another program");
        }
        if (!format.equals(THIS_FORMAT) || !UNIT_LENGTH.equals(data.get(NORMALIZATION))) {
            throw new StoreException("%s holds an index of a newer Tutti (format %s): index anew".formatted(folder, format));
        }
        try {
            return new LuceneDescription(
                    new VectorSpace(requireNonNull(data.get(MODEL)), Integer.parseInt(requireNonNull(data.get(DIMENSIONS)))),
                    VectorEncoding.valueOf(requireNonNull(data.get(ENCODING))));
        } catch (IllegalArgumentException | NullPointerException e) {
            throw new StoreException(folder + " holds an index whose description is broken: index anew", e);
        }
    }

    /** Makes sure that it is what is asked for. */
    void requireSame(Path folder, VectorSpace asked, @Nullable VectorEncoding askedEncoding) {
        asked.requireSame(folder.toString(), space);
        if (askedEncoding != null && askedEncoding != encoding) {
            throw new StoreException("%s keeps vectors as %s, not as %s: take that, or index anew"
                    .formatted(folder, encoding, askedEncoding));
        }
    }
}
