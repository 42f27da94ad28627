package ai.tutti.search;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import org.apache.lucene.analysis.Analyzer;
import org.apache.lucene.analysis.standard.StandardAnalyzer;
import org.apache.lucene.analysis.tokenattributes.CharTermAttribute;
import org.apache.lucene.index.IndexReader;
import org.apache.lucene.index.MultiBits;
import org.apache.lucene.index.MultiTerms;
import org.apache.lucene.index.PostingsEnum;
import org.apache.lucene.index.Term;
import org.apache.lucene.search.BooleanClause.Occur;
import org.apache.lucene.search.BooleanQuery;
import org.apache.lucene.search.DocIdSetIterator;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.KnnFloatVectorQuery;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.RescoreTopNQuery;
import org.apache.lucene.search.ScoreDoc;
import org.apache.lucene.search.TermQuery;
import org.jspecify.annotations.Nullable;

/**
 * Passages in a folder, kept by Lucene: vectors in HNSW graphs, words for BM25, and what filters ask for. For one process that
 * writes at a time; any number may read beside it.
 *
 * <p>A small set of candidates, after the filter, is compared with the query one by one, which is exact; a large one is searched
 * by the graphs, and what those give is scored again with the whole vectors.
 */
public final class LuceneStore implements VectorStore {
    /** As many numbers are compared one by one in a few milliseconds: 20,000 vectors of 384 dimensions. */
    private static final long EXACT_NUMBERS = 8_000_000;

    /** The most different words of a query that are looked for. */
    private static final int MAX_WORDS = 500;

    private final LuceneIndex index;
    private final Analyzer analyzer;
    private final long exactNumbers;

    private LuceneStore(LuceneIndex index, Analyzer analyzer, long exactNumbers) {
        this.index = index;
        this.analyzer = analyzer;
        this.exactNumbers = exactNumbers;
    }

    /**
     * Opens the store in a folder, to read and write; makes it where there is none.
     *
     * @throws StoreException when it holds other vectors, another process writes to it, or the disk fails
     */
    public static LuceneStore open(Path folder, VectorSpace space) {
        return open(folder, space, null);
    }

    /**
     * As {@link #open(Path, VectorSpace)}, with whole vectors or fewer bits of them in memory.
     *
     * @param encoding null: what the store has, whole vectors where there is none
     */
    public static LuceneStore open(Path folder, VectorSpace space, @Nullable VectorEncoding encoding) {
        return open(folder, space, encoding, EXACT_NUMBERS);
    }

    /** With another border between comparing one by one and searching the graphs. */
    static LuceneStore open(Path folder, VectorSpace space, @Nullable VectorEncoding encoding, long exactNumbers) {
        var analyzer = new StandardAnalyzer();
        return new LuceneStore(LuceneIndex.open(folder, space, encoding, analyzer), analyzer, exactNumbers);
    }

    /**
     * Opens the store in a folder to read it alone, beside a process that writes or not. It follows what is written.
     *
     * @throws StoreException when there is none, or the disk fails
     */
    public static LuceneStore openReadOnly(Path folder) {
        return new LuceneStore(LuceneIndex.openReadOnly(folder), new StandardAnalyzer(), EXACT_NUMBERS);
    }

    /** Whether there is a store in the folder. */
    public static boolean exists(Path folder) {
        return Files.isDirectory(folder) && LuceneIndex.exists(folder);
    }

    @Override
    public VectorSpace space() {
        return index.description().space();
    }

    /** How its vectors are kept in memory. */
    public VectorEncoding encoding() {
        return index.description().encoding();
    }

    @Override
    public void replace(Filter old, List<Entry> entries) {
        var documents = entries.stream()
                .map(entry -> LuceneFields.write(entry.passage(), space().unit(entry.vector())))
                .toList();
        var query = LuceneFilters.query(old);
        index.write(writer -> {
            writer.deleteDocuments(query);
            for (int i = 0; i < documents.size(); i++) {
                writer.updateDocument(LuceneFields.id(entries.get(i).passage().id()), documents.get(i));
            }
        });
    }

    @Override
    public @Nullable Passage find(String id) {
        return index.read(searcher -> {
            var found = searcher.search(new TermQuery(LuceneFields.id(id)), 1).scoreDocs;
            return found.length == 0 ? null : LuceneFields.read(searcher.storedFields(), found[0].doc);
        });
    }

    @Override
    public List<Passage> list(Filter filter, int limit) {
        var query = LuceneFilters.query(filter);
        return requireNonNull(index.read(searcher -> {
            int most = atMost(limit, searcher);
            if (most == 0) {
                return List.<Passage>of();
            }
            var found = searcher.search(query, most, LuceneFields.byPlace()).scoreDocs;
            return passages(searcher, List.of(found));
        }));
    }

    @Override
    public SortedSet<String> documents() {
        return requireNonNull(index.read(searcher -> documents(searcher.getIndexReader())));
    }

    private static SortedSet<String> documents(IndexReader reader) throws IOException {
        var documents = new TreeSet<String>();
        var terms = MultiTerms.getTerms(reader, LuceneFields.DOCUMENT);
        if (terms == null) {
            return documents;
        }
        var live = MultiBits.getLiveDocs(reader);
        var each = terms.iterator();
        PostingsEnum passages = null;
        for (var term = each.next(); term != null; term = each.next()) {
            passages = each.postings(passages, PostingsEnum.NONE);
            int passage = passages.nextDoc();
            while (passage != DocIdSetIterator.NO_MORE_DOCS && live != null && !live.get(passage)) {
                passage = passages.nextDoc();
            }
            if (passage != DocIdSetIterator.NO_MORE_DOCS) {
                documents.add(term.utf8ToString());
            }
        }
        return documents;
    }

    @Override
    public long count() {
        return requireNonNull(index.read(searcher -> (long) searcher.getIndexReader().numDocs()));
    }

    @Override
    public List<Hit> search(float[] vector, int top, Filter filter) {
        Hit.requireTop(top);
        float[] unit = space().unit(vector);
        var allowed = LuceneFilters.query(filter);
        return requireNonNull(index.read(searcher -> {
            int most = atMost(top, searcher);
            if (most == 0) {
                return List.<Hit>of();
            }
            boolean exact = (long) searcher.count(allowed) * unit.length <= exactNumbers;
            var found = exact ? exact(searcher, unit, most, allowed) : nearest(searcher, unit, most, allowed);
            return hits(searcher, found, score -> 2 * score - 1);
        }));
    }

    private static List<ScoreDoc> exact(IndexSearcher searcher, float[] unit, int top, Query allowed) throws IOException {
        return searcher.search(allowed, LuceneExactCollector.manager(unit, top));
    }

    private List<ScoreDoc> nearest(IndexSearcher searcher, float[] unit, int top, Query allowed) throws IOException {
        int candidates = atMost(encoding().candidates(top), searcher);
        var graph = new KnnFloatVectorQuery(LuceneFields.VECTOR, unit, candidates, allowed);
        var query = encoding() == VectorEncoding.FLOAT32
                ? graph
                : RescoreTopNQuery.createFullPrecisionRescorerQuery(graph, unit, LuceneFields.VECTOR, candidates);
        return List.of(searcher.search(query, top).scoreDocs);
    }

    @Override
    public List<Hit> searchText(String query, int top, Filter filter) {
        Hit.requireTop(top);
        var words = new BooleanQuery.Builder();
        words(query).forEach(word -> words.add(new TermQuery(new Term(LuceneFields.TEXT, word)), Occur.SHOULD));
        var wanted = new BooleanQuery.Builder()
                .add(words.build(), Occur.MUST)
                .add(LuceneFilters.query(filter), Occur.FILTER)
                .build();
        return requireNonNull(index.read(searcher -> {
            int most = atMost(top, searcher);
            return most == 0
                    ? List.<Hit>of()
                    : hits(searcher, List.of(searcher.search(wanted, most).scoreDocs), score -> score);
        }));
    }

    /** The query's different words as they are indexed. */
    private SortedSet<String> words(String query) {
        var words = new TreeSet<String>();
        try (var tokens = analyzer.tokenStream(LuceneFields.TEXT, query)) {
            var word = tokens.addAttribute(CharTermAttribute.class);
            tokens.reset();
            while (words.size() < MAX_WORDS && tokens.incrementToken()) {
                words.add(word.toString());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return words;
    }

    /** Lucene's score to ours. */
    private interface Score {
        float of(float score);
    }

    private static List<Hit> hits(IndexSearcher searcher, List<ScoreDoc> found, Score score) throws IOException {
        var passages = passages(searcher, found);
        var hits = new ArrayList<Hit>(passages.size());
        for (int i = 0; i < passages.size(); i++) {
            hits.add(new Hit(passages.get(i), score.of(found.get(i).score)));
        }
        return RankFusion.best(hits, hits.size());
    }

    private static List<Passage> passages(IndexSearcher searcher, List<? extends ScoreDoc> found) throws IOException {
        var stored = searcher.storedFields();
        var passages = new ArrayList<Passage>(found.size());
        for (var passage : found) {
            passages.add(LuceneFields.read(stored, passage.doc));
        }
        return passages;
    }

    private static int atMost(int limit, IndexSearcher searcher) {
        return Math.min(limit, searcher.getIndexReader().maxDoc());
    }

    @Override
    public void close() {
        index.close();
        analyzer.close();
    }
}
