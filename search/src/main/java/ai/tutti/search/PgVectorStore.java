package ai.tutti.search;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Passages in a table of PostgreSQL's, with pgvector 0.8 or newer. Any number of processes may read and write.
 *
 * <p>A small set of candidates, after the filter, is compared with the query one by one, which is exact; a large one is searched
 * by pgvector's HNSW graph, and what that gives is ranked again by the whole vectors. Words are found by PostgreSQL's own text
 * search, whose rank knows how often and how near together they stand in a passage, and not how rare they are.
 *
 * <p>When the server restarts, what was under way is done again on a fresh connection.
 */
public final class PgVectorStore implements VectorStore {
    /** As many numbers are compared one by one in a few milliseconds: 5,000 vectors of 384 dimensions. */
    private static final long EXACT_NUMBERS = 2_000_000;

    /** Behind a filter ten times as many are: the graph, which knows no filters, would have to be walked far. */
    private static final long EXACT_FILTERED_NUMBERS = 10 * EXACT_NUMBERS;

    /** How many rows the graph gives at most until enough of them pass a filter. */
    private static final int MAX_SCANNED = 100_000;

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    /** The rows of one statement. */
    private static final int PART = 500;

    /** The most that {@code hnsw.ef_search} can be. */
    private static final int MAX_EF_SEARCH = 1_000;

    private static final String COLUMNS = "id, document, start_at, end_at, text, metadata";

    private final PgConnections connections;
    private final PgSchema schema;

    private PgVectorStore(PgConnections connections, PgSchema schema) {
        this.connections = connections;
        this.schema = schema;
    }

    /**
     * Opens a store in a database; makes it, and pgvector's extension, where there is none.
     *
     * @param url {@code postgresql://user:password@host:5432/database}, or an address of JDBC's
     * @param name the store's name and its table's: at most 40 letters, digits and underscores
     * @throws StoreException when it holds other vectors, or the database cannot be reached or refuses
     */
    public static PgVectorStore open(String url, String name, VectorSpace space) {
        var schema = new PgSchema(name, space);
        var address = PgUrl.parse(url);
        try (var impatient = new PgConnections(address, Duration.ZERO)) {
            impatient.transact(connection -> {
                schema.prepare(connection, "store %s of %s".formatted(name, address.shown()));
                return null;
            });
        }
        return new PgVectorStore(new PgConnections(address, PATIENCE), schema);
    }

    @Override
    public VectorSpace space() {
        return schema.space();
    }

    @Override
    public void replace(Filter old, List<Entry> entries) {
        var rows = new TreeMap<String, Entry>(); // in one order in every writer, so that they wait for each other in turn
        for (var entry : entries) {
            rows.put(entry.passage().id(), new Entry(entry.passage(), space().unit(entry.vector())));
        }
        var ordered = List.copyOf(rows.values());
        connections.transact(connection -> {
            var delete = new PgSql().add("delete from " + schema.table() + " where ");
            PgFilters.add(old, delete);
            delete.run(connection);
            for (int from = 0; from < ordered.size(); from += PART) {
                insert(ordered.subList(from, Math.min(ordered.size(), from + PART))).run(connection);
            }
            return null;
        });
    }

    private PgSql insert(List<Entry> rows) {
        var passages = rows.stream().map(Entry::passage).toList();
        return new PgSql().add(
                """
                insert into %s (%s, embedding)
                select id, document, start_at, end_at, text, cast(metadata as jsonb), cast(embedding as vector)
                from unnest(?, ?, ?, ?, ?, ?, ?) as row (%s, embedding)
                on conflict (id) do update set
                    document = excluded.document, start_at = excluded.start_at, end_at = excluded.end_at,
                    text = excluded.text, metadata = excluded.metadata, embedding = excluded.embedding"""
                        .formatted(schema.table(), COLUMNS, COLUMNS),
                passages.stream().map(Passage::id).toArray(String[]::new),
                passages.stream().map(Passage::documentId).toArray(String[]::new),
                passages.stream().map(Passage::start).toArray(Integer[]::new),
                passages.stream().map(Passage::end).toArray(Integer[]::new),
                passages.stream().map(Passage::text).toArray(String[]::new),
                passages.stream().map(passage -> Metadata.write(passage.metadata())).toArray(String[]::new),
                rows.stream().map(row -> literal(row.vector())).toArray(String[]::new));
    }

    /** A vector as pgvector reads it. */
    private static String literal(float[] vector) {
        var text = new StringBuilder(vector.length * 12).append('[');
        for (float x : vector) {
            text.append(text.length() == 1 ? "" : ",").append(x);
        }
        return text.append(']').toString();
    }

    @Override
    public @Nullable Passage find(String id) {
        var found = list(Filter.passages(List.of(id)), 1);
        return found.isEmpty() ? null : found.getFirst();
    }

    @Override
    public List<Passage> list(Filter filter, int limit) {
        var sql = new PgSql().add("select %s from %s where ".formatted(COLUMNS, schema.table()));
        PgFilters.add(filter, sql);
        sql.add(" order by document, start_at, id limit ?", limit);
        return connections.transact(connection -> {
            var passages = new ArrayList<Passage>();
            try (var statement = sql.prepare(connection);
                    var rows = statement.executeQuery()) {
                while (rows.next()) {
                    passages.add(passage(rows));
                }
            }
            return passages;
        });
    }

    @Override
    public SortedSet<String> documents() {
        return connections.transact(connection -> {
            var documents = new TreeSet<String>();
            try (var statement = connection.createStatement();
                    var rows = statement.executeQuery("select distinct document from " + schema.table())) {
                while (rows.next()) {
                    documents.add(rows.getString(1));
                }
            }
            return documents;
        });
    }

    @Override
    public long count() {
        var sql = new PgSql().add("select count(*) from " + schema.table());
        return connections.transact(connection -> number(connection, sql));
    }

    @Override
    public List<Hit> search(float[] vector, int top, Filter filter) {
        Hit.requireTop(top);
        var query = literal(space().unit(vector));
        boolean filtered = !filter.equals(Filter.everything());
        long fewRows = (filtered ? EXACT_FILTERED_NUMBERS : EXACT_NUMBERS) / space().dimensions();
        var matches = new PgSql().add("select count(*) from (select 1 from " + schema.table() + " where ");
        PgFilters.add(filter, matches);
        matches.add(" limit ?) as first", fewRows + 1);
        return connections.transact(connection -> {
            boolean exact = number(connection, matches) <= fewRows;
            set(connection, exact, schema.candidates(top));
            return hits(connection, exact ? exact(query, top, filter) : nearest(query, top, filter), distance -> -distance);
        });
    }

    /**
     * For this transaction: the planner does not know what comparing long vectors costs, so it is told. Without index scans there
     * is no graph; without sorting only the graph gives an order.
     */
    private static void set(Connection connection, boolean exact, int candidates) throws SQLException {
        var sql = exact
                ? "set local enable_indexscan = off"
                : """
                  set local enable_sort = off;
                  set local hnsw.ef_search = %d;
                  set local hnsw.iterative_scan = relaxed_order;
                  set local hnsw.max_scan_tuples = %d"""
                        .formatted(Math.min(candidates, MAX_EF_SEARCH), MAX_SCANNED);
        try (var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private PgSql exact(String query, int top, Filter filter) {
        var sql = new PgSql()
                .add("select %s, embedding <#> cast(? as vector) as score from %s where ".formatted(COLUMNS, schema.table()), query);
        PgFilters.add(filter, sql);
        return sql.add(" order by score, id limit " + top);
    }

    private PgSql nearest(String query, int top, Filter filter) {
        var sql = new PgSql()
                .add("select %s, embedding <#> cast(? as vector) as score from (select %s, embedding from %s where "
                        .formatted(COLUMNS, COLUMNS, schema.table()), query);
        PgFilters.add(filter, sql);
        return sql.add(" order by " + schema.roughDistance() + " limit " + schema.candidates(top), query)
                .add(") as candidate order by score, id limit " + top);
    }

    @Override
    public List<Hit> searchText(String query, int top, Filter filter) {
        Hit.requireTop(top);
        // The words that are indexed, each once, joined by "or"; what stands between a tsquery's quotes is no operator.
        var sql = new PgSql().add(
                """
                with query as (select cast(replace(cast(plainto_tsquery('simple', array_to_string(
                    (tsvector_to_array(to_tsvector('simple', left(?, 100000))))[1:500], ' ')) as text), '&', '|') as tsquery) as wanted)
                select %s, ts_rank(words, wanted, 1) as score from %s, query where words @@ wanted and ("""
                        .formatted(COLUMNS, schema.table()),
                Texts.storable(query));
        PgFilters.add(filter, sql);
        sql.add(") order by score desc, id limit " + top);
        return connections.transact(connection -> hits(connection, sql, score -> score));
    }

    /** PostgreSQL's number to our score. */
    private interface Score {
        double of(double number);
    }

    private static List<Hit> hits(Connection connection, PgSql sql, Score score) throws SQLException {
        var hits = new ArrayList<Hit>();
        try (var statement = sql.prepare(connection);
                var rows = statement.executeQuery()) {
            while (rows.next()) {
                hits.add(new Hit(passage(rows), (float) score.of(rows.getDouble("score"))));
            }
        }
        return RankFusion.best(hits, hits.size());
    }

    private static Passage passage(ResultSet row) throws SQLException {
        return new Passage(
                row.getString("id"),
                row.getString("document"),
                row.getInt("start_at"),
                row.getInt("end_at"),
                row.getString("text"),
                Metadata.read(row.getString("metadata")));
    }

    private static long number(Connection connection, PgSql sql) throws SQLException {
        try (var statement = sql.prepare(connection);
                var rows = statement.executeQuery()) {
            rows.next();
            return rows.getLong(1);
        }
    }

    @Override
    public void close() {
        connections.close();
    }
}
