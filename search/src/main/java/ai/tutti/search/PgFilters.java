package ai.tutti.search;

import java.util.List;
import java.util.Map;

/** A {@link Filter} as a condition of PostgreSQL's. It is true or false, never null. */
final class PgFilters {
    private PgFilters() {}

    static void add(Filter filter, PgSql sql) {
        switch (filter) {
            case Filter.Passages passages -> sql.add("id = any (?)", (Object) array(passages.ids()));
            case Filter.Documents documents -> sql.add("document = any (?)", (Object) array(documents.ids()));
            case Filter.AnyOf anyOf -> sql.add(
                    "metadata @> any (cast(? as jsonb[]))",
                    (Object) array(anyOf.values().stream()
                            .map(value -> Metadata.write(Map.of(anyOf.key(), value)))
                            .toList()));
            case Filter.Range range -> addRange(range, sql);
            case Filter.Exists exists -> sql.add("jsonb_exists(metadata, ?)", exists.key());
            case Filter.All all -> addEach(all.of(), "true", " and ", sql);
            case Filter.Any any -> addEach(any.of(), "false", " or ", sql);
            case Filter.Not not -> {
                sql.add("not (");
                add(not.of(), sql);
                sql.add(")");
            }
        }
    }

    /** In a case, since the sides of an {@code and} may be computed in any order, and only numbers can be cast. */
    private static void addRange(Filter.Range range, PgSql sql) {
        sql.add("case when jsonb_typeof(metadata -> ?) = 'number' then true", range.key());
        if (range.from() != null) {
            sql.add(" and cast(metadata ->> ? as float8) >= ?", range.key(), range.from());
        }
        if (range.to() != null) {
            sql.add(" and cast(metadata ->> ? as float8) <= ?", range.key(), range.to());
        }
        sql.add(" else false end");
    }

    private static void addEach(List<Filter> filters, String none, String between, PgSql sql) {
        sql.add("(").add(filters.isEmpty() ? none : "");
        for (int i = 0; i < filters.size(); i++) {
            sql.add(i == 0 ? "" : between);
            add(filters.get(i), sql);
        }
        sql.add(")");
    }

    private static String[] array(List<String> texts) {
        return texts.toArray(String[]::new);
    }
}
