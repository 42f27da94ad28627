package ai.tutti.search;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.util.Map;
import java.util.Set;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.DoublePoint;
import org.apache.lucene.document.Field.Store;
import org.apache.lucene.document.KnnFloatVectorField;
import org.apache.lucene.document.NumericDocValuesField;
import org.apache.lucene.document.SortedDocValuesField;
import org.apache.lucene.document.StoredField;
import org.apache.lucene.document.StringField;
import org.apache.lucene.document.TextField;
import org.apache.lucene.index.IndexableField;
import org.apache.lucene.index.StoredFields;
import org.apache.lucene.index.Term;
import org.apache.lucene.index.VectorSimilarityFunction;
import org.apache.lucene.search.Sort;
import org.apache.lucene.search.SortField;
import org.apache.lucene.util.BytesRef;

/**
 * A passage as a document of Lucene's. Text and booleans of the metadata, and which names there are, lie in one field as terms of
 * the name and the value; numbers have a field for each name, where ranges can be asked for.
 */
final class LuceneFields {
    static final String ID = "id";
    static final String DOCUMENT = "document";
    static final String TEXT = "text";
    static final String VECTOR = "vector";
    static final String FACTS = "facts";

    static final VectorSimilarityFunction SIMILARITY = VectorSimilarityFunction.DOT_PRODUCT;

    private static final String START = "start";
    private static final String END = "end";
    private static final String METADATA = "metadata";
    private static final Set<String> STORED = Set.of(ID, DOCUMENT, START, END, TEXT, METADATA);

    private LuceneFields() {}

    /** The order of documents and places. */
    static Sort byPlace() {
        return new Sort(new SortField(DOCUMENT, SortField.Type.STRING), new SortField(START, SortField.Type.INT));
    }

    static Term id(String id) {
        return new Term(ID, id);
    }

    static Document write(Passage passage, float[] unit) {
        var document = new Document();
        document.add(new StringField(ID, passage.id(), Store.YES));
        document.add(new StringField(DOCUMENT, passage.documentId(), Store.YES));
        document.add(new SortedDocValuesField(DOCUMENT, new BytesRef(passage.documentId())));
        document.add(new StoredField(START, passage.start()));
        document.add(new NumericDocValuesField(START, passage.start()));
        document.add(new StoredField(END, passage.end()));
        document.add(new TextField(TEXT, passage.text(), Store.YES));
        document.add(new KnnFloatVectorField(VECTOR, unit, SIMILARITY));
        addMetadata(passage.metadata(), document);
        return document;
    }

    private static void addMetadata(Map<String, Object> metadata, Document document) {
        if (metadata.isEmpty()) {
            return;
        }
        document.add(new StoredField(METADATA, Metadata.write(metadata)));
        metadata.forEach((key, value) -> {
            document.add(new StringField(FACTS, existence(key), Store.NO));
            if (value instanceof Number number) {
                document.add(new DoublePoint(numbers(key), point(number)));
            } else {
                document.add(new StringField(FACTS, fact(key, value), Store.NO));
            }
        });
    }

    /** The term of a passage that has anything under the name. */
    static String existence(String key) {
        return "?\0" + key;
    }

    /** The term of a passage that has the text or boolean under the name. */
    static String fact(String key, Object value) {
        return (value instanceof Boolean ? "b\0" : "s\0") + key + "\0" + value;
    }

    /** The field of the numbers under a name. */
    static String numbers(String key) {
        return "number." + key;
    }

    /** A number as it is compared: 0 and -0 are the same. */
    static double point(Number number) {
        return number.doubleValue() + 0.0;
    }

    static Passage read(StoredFields stored, int document) throws IOException {
        var fields = stored.document(document, STORED);
        var metadata = fields.get(METADATA);
        return new Passage(
                text(fields, ID),
                text(fields, DOCUMENT),
                number(fields, START),
                number(fields, END),
                text(fields, TEXT),
                metadata == null ? Map.of() : Metadata.read(metadata));
    }

    private static String text(Document fields, String name) {
        return requireNonNull(fields.get(name), name);
    }

    private static int number(Document fields, String name) {
        IndexableField field = requireNonNull(fields.getField(name), name);
        return requireNonNull(field.numericValue(), name).intValue();
    }
}
