package ai.tutti.search;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Properties;

/**
 * Where a database is.
 *
 * @param jdbc the driver's address, without user and password
 * @param properties the driver's settings: user and password, if the address has them
 */
record PgUrl(String jdbc, Properties properties) {
    private static final String JDBC = "jdbc:postgresql:";
    private static final String LIKE =
            "a database's address is like postgresql://user:password@host:5432/database, with %2F for / in user and password, %40 for @"
                    + " and so on";

    /**
     * Reads {@code postgresql://user:password@host:port/database}, {@code postgres://…} or the driver's own form,
     * {@code jdbc:postgresql://host:port/database?user=…}. What is refused is not repeated in the message, nor is there a cause
     * that does: where a password begins and ends cannot be told then.
     */
    static PgUrl parse(String url) {
        var address = url.startsWith(JDBC) ? ofDriver(url) : ofUri(url);
        try {
            DriverManager.getDriver(address.jdbc);
        } catch (SQLException e) {
            throw new IllegalArgumentException("PostgreSQL's driver cannot read the database's address; " + LIKE);
        }
        return address;
    }

    private static PgUrl ofDriver(String url) {
        int settings = url.indexOf('?');
        int value = settings < 0 ? -1 : url.indexOf('=', settings); // from here on anything may stand
        var place = value < 0 ? url : url.substring(0, value);
        if (place.indexOf('@') >= 0 || place.indexOf('#') >= 0) {
            throw new IllegalArgumentException(
                    "an address of JDBC's has user and password behind it, as in jdbc:postgresql://host:5432/database?user=…&password=…,"
                            + " and neither @ nor # before them");
        }
        return new PgUrl(url, new Properties());
    }

    private static PgUrl ofUri(String url) {
        URI uri;
        try {
            uri = new URI(url);
        } catch (URISyntaxException e) {
            throw new IllegalArgumentException(LIKE);
        }
        if (!"postgresql".equals(uri.getScheme()) && !"postgres".equals(uri.getScheme())) {
            throw new IllegalArgumentException("a database's address begins with postgresql:// or jdbc:postgresql://");
        }
        var path = uri.getRawPath() == null || uri.getRawPath().isEmpty() ? "/" : uri.getRawPath();
        var query = uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery();
        if (uri.getHost() == null || uri.getRawFragment() != null || (path + query).indexOf('@') >= 0) {
            throw new IllegalArgumentException(LIKE);
        }
        var properties = new Properties();
        var user = uri.getRawUserInfo();
        if (user != null) {
            var parts = user.split(":", 2);
            properties.setProperty("user", decoded(parts[0]));
            if (parts.length > 1) {
                properties.setProperty("password", decoded(parts[1]));
            }
        }
        var authority = uri.getRawAuthority();
        return new PgUrl(JDBC + "//" + authority.substring(authority.lastIndexOf('@') + 1) + path + query, properties);
    }

    private static String decoded(String part) {
        return URLDecoder.decode(part.replace("+", "%2B"), UTF_8);
    }

    /** The address for messages, without settings, which may be secret. */
    String shown() {
        int settings = jdbc.indexOf('?');
        return Texts.shown(jdbc.substring("jdbc:".length(), settings < 0 ? jdbc.length() : settings));
    }
}
