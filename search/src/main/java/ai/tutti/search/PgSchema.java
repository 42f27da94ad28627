package ai.tutti.search;

import static java.util.Objects.requireNonNull;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A store's table and what a database says of its stores.
 *
 * <p>pgvector's HNSW takes {@code vector} up to 2,000 dimensions and {@code halfvec}, with 16 bits a number, up to 4,000. Above, the
 * graph is over the signs of the numbers, compared by how many differ. What a graph finds is in every case ranked again by the
 * whole vectors, which the table keeps.
 *
 * @param name the store's name and the table's
 * @param space whose vectors it holds
 */
record PgSchema(String name, VectorSpace space) {
    private static final Pattern NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_]{0,39}");
    private static final String REGISTRY = "tutti_stores";
    private static final int FORMAT = 1;
    private static final String UNIT_LENGTH = "unit-length";

    /** The first of pgvector's versions that goes on searching when a filter has left too little. */
    private static final int LEAST_MAJOR = 0;

    private static final int LEAST_MINOR = 8;

    /** Any number, as long as all of Tutti's processes take the same. */
    private static final long LOCK = 0x7475747469L;

    PgSchema {
        requireNonNull(space, "space is null");
        if (!NAME.matcher(name).matches()) {
            throw new IllegalArgumentException(
                    "a store's name has 1 to 40 letters, digits and underscores, and no digit first: " + Texts.shown(name));
        }
        if (name.equals(REGISTRY)) {
            throw new IllegalArgumentException("no store can have the name " + REGISTRY + ": it is that of the table that lists them all");
        }
    }

    /** The table's name as it stands in statements. */
    String table() {
        return "\"" + name + "\"";
    }

    /** How far a stored vector, as the graph sees it, is from the one that stands for {@code ?}. */
    String roughDistance() {
        int n = space.dimensions();
        if (n <= 2_000) {
            return "embedding <#> cast(? as vector(%d))".formatted(n);
        }
        return n <= 4_000
                ? "%s <#> cast(? as halfvec(%d))".formatted(indexed(), n)
                : "%s <~> cast(binary_quantize(cast(? as vector(%d))) as bit(%d))".formatted(indexed(), n, n);
    }

    /** How many candidates the graph must give so that the best are among them. */
    int candidates(int top) {
        return (space.dimensions() <= 4_000 ? VectorEncoding.FLOAT32 : VectorEncoding.BIT1).candidates(top);
    }

    private String indexed() {
        int n = space.dimensions();
        if (n <= 2_000) {
            return "embedding";
        }
        return n <= 4_000
                ? "cast(embedding as halfvec(%d))".formatted(n)
                : "cast(binary_quantize(embedding) as bit(%d))".formatted(n);
    }

    private String operators() {
        int n = space.dimensions();
        return n <= 2_000 ? "vector_ip_ops" : n <= 4_000 ? "halfvec_ip_ops" : "bit_hamming_ops";
    }

    /**
     * Makes the table and its indexes if they are not there, and makes sure that it holds this space's vectors.
     *
     * @param place the store, for messages
     */
    void prepare(Connection connection, String place) throws SQLException {
        run(connection, "select pg_advisory_xact_lock(%d)".formatted(LOCK));
        requireExtension(connection, place);
        var stored = hasStores(connection) ? stored(connection, place) : null;
        if (stored != null) {
            space.requireSame(place, stored); // nothing is made: a role that may only read and write rows can open it
        } else {
            create(connection);
        }
    }

    private static boolean hasStores(Connection connection) throws SQLException {
        try (var statement = connection.createStatement();
                var rows = statement.executeQuery("select to_regclass('tutti_stores') is not null")) {
            return rows.next() && rows.getBoolean(1);
        }
    }

    private void create(Connection connection) throws SQLException {
        run(connection, """
                create table if not exists tutti_stores (
                    name text primary key,
                    format int not null,
                    model text not null,
                    dimensions int not null,
                    normalization text not null)""");
        run(connection, """
                create table %s (
                    id text collate "C" primary key,
                    document text collate "C" not null,
                    start_at int not null,
                    end_at int not null,
                    text text not null,
                    words tsvector generated always as (to_tsvector('simple', left(text, 100000))) stored,
                    metadata jsonb not null,
                    embedding vector(%d) not null)""".formatted(table(), space.dimensions()));
        run(connection, "create index on %s (document)".formatted(table()));
        run(connection, "create index on %s using gin (words)".formatted(table()));
        run(connection, "create index on %s using gin (metadata jsonb_path_ops)".formatted(table()));
        run(connection, "create index on %s using hnsw ((%s) %s)".formatted(table(), indexed(), operators()));
        new PgSql()
                .add(
                        "insert into tutti_stores (name, format, model, dimensions, normalization) values (?, ?, ?, ?, ?)",
                        name, FORMAT, space.model(), space.dimensions(), UNIT_LENGTH)
                .run(connection);
    }

    private static void requireExtension(Connection connection, String place) throws SQLException {
        var version = extension(connection);
        if (version == null) {
            run(connection, "create extension if not exists vector");
            version = String.valueOf(extension(connection));
        }
        var parts = version.split("\\.");
        int major = Integer.parseInt(parts[0]);
        int minor = parts.length < 2 ? 0 : Integer.parseInt(parts[1]);
        if (major < LEAST_MAJOR || (major == LEAST_MAJOR && minor < LEAST_MINOR)) {
            throw new StoreException("%s has pgvector %s, and %d.%d is the least: update it, and then: alter extension vector update"
                    .formatted(place, version, LEAST_MAJOR, LEAST_MINOR));
        }
    }

    private static @Nullable String extension(Connection connection) throws SQLException {
        try (var statement = connection.createStatement();
                var rows = statement.executeQuery("select extversion from pg_extension where extname = 'vector'")) {
            return rows.next() ? rows.getString(1) : null;
        }
    }

    private @Nullable VectorSpace stored(Connection connection, String place) throws SQLException {
        var query = new PgSql().add("select format, model, dimensions, normalization from tutti_stores where name = ?", name);
        try (var statement = query.prepare(connection);
                var rows = statement.executeQuery()) {
            if (!rows.next()) {
                return null;
            }
            if (rows.getInt(1) != FORMAT || !UNIT_LENGTH.equals(rows.getString(4))) {
                throw new StoreException("%s is of a newer Tutti (format %d): index anew".formatted(place, rows.getInt(1)));
            }
            return new VectorSpace(rows.getString(2), rows.getInt(3));
        }
    }

    private static void run(Connection connection, String sql) throws SQLException {
        try (var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
