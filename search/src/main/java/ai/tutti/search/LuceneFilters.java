package ai.tutti.search;

import java.util.Collection;
import java.util.List;
import org.apache.lucene.document.DoublePoint;
import org.apache.lucene.index.Term;
import org.apache.lucene.search.BooleanClause.Occur;
import org.apache.lucene.search.BooleanQuery;
import org.apache.lucene.search.MatchAllDocsQuery;
import org.apache.lucene.search.MatchNoDocsQuery;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.TermInSetQuery;
import org.apache.lucene.search.TermQuery;
import org.apache.lucene.util.BytesRef;

/** A {@link Filter} as a query of Lucene's. */
final class LuceneFilters {
    private LuceneFilters() {}

    static Query query(Filter filter) {
        return switch (filter) {
            case Filter.Passages passages -> in(LuceneFields.ID, passages.ids());
            case Filter.Documents documents -> in(LuceneFields.DOCUMENT, documents.ids());
            case Filter.AnyOf anyOf -> anyOf(anyOf);
            case Filter.Range range -> DoublePoint.newRangeQuery(
                    LuceneFields.numbers(range.key()),
                    range.from() == null ? Double.NEGATIVE_INFINITY : LuceneFields.point(range.from()),
                    range.to() == null ? Double.POSITIVE_INFINITY : LuceneFields.point(range.to()));
            case Filter.Exists exists -> new TermQuery(
                    new Term(LuceneFields.FACTS, LuceneFields.existence(exists.key())));
            case Filter.All all -> all.of().isEmpty() ? MatchAllDocsQuery.INSTANCE : each(all.of(), Occur.FILTER);
            case Filter.Any any -> any.of().isEmpty()
                    ? new MatchNoDocsQuery("no condition")
                    : each(any.of(), Occur.SHOULD);
            case Filter.Not not -> new BooleanQuery.Builder()
                    .add(MatchAllDocsQuery.INSTANCE, Occur.FILTER)
                    .add(query(not.of()), Occur.MUST_NOT)
                    .build();
        };
    }

    private static Query each(List<Filter> filters, Occur occur) {
        var query = new BooleanQuery.Builder();
        filters.forEach(filter -> query.add(query(filter), occur));
        return query.build();
    }

    private static Query anyOf(Filter.AnyOf anyOf) {
        var facts = anyOf.values().stream()
                .filter(value -> !(value instanceof Number))
                .map(value -> LuceneFields.fact(anyOf.key(), value))
                .toList();
        double[] numbers = anyOf.values().stream()
                .filter(Number.class::isInstance)
                .mapToDouble(value -> LuceneFields.point((Number) value))
                .toArray();
        return new BooleanQuery.Builder()
                .add(in(LuceneFields.FACTS, facts), Occur.SHOULD)
                .add(DoublePoint.newSetQuery(LuceneFields.numbers(anyOf.key()), numbers), Occur.SHOULD)
                .build();
    }

    private static Query in(String field, Collection<String> terms) {
        return new TermInSetQuery(field, terms.stream().map(BytesRef::new).toList());
    }
}
