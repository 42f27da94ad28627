package ai.tutti.search;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.util.Properties;

/**
 * Where a database is.
 *
 * @param jdbc the driver's address, without user and password
 * @param properties the driver's settings: user and password, if the address has them
 */
record PgUrl(String jdbc, Properties properties) {
    private static final String JDBC = "jdbc:postgresql:";

    /**
     * Reads {@code postgresql://user:password@host:port/database}, {@code postgres://…} or the driver's own form,
     * {@code jdbc:postgresql://host:port/database?user=…}.
     */
    static PgUrl parse(String url) {
        var properties = new Properties();
        if (url.startsWith(JDBC)) {
            return new PgUrl(url, properties);
        }
        try {
            var uri = new URI(url);
            if (!"postgresql".equals(uri.getScheme()) && !"postgres".equals(uri.getScheme())) {
                throw new IllegalArgumentException("a database's address begins with postgresql:// or jdbc:postgresql://");
            }
            var user = uri.getRawUserInfo();
            if (user != null) {
                var parts = user.split(":", 2);
                properties.setProperty("user", decoded(parts[0]));
                if (parts.length > 1) {
                    properties.setProperty("password", decoded(parts[1]));
                }
            }
            var authority = uri.getRawAuthority() == null ? "" : uri.getRawAuthority();
            var path = uri.getRawPath() == null || uri.getRawPath().isEmpty() ? "/" : uri.getRawPath();
            var query = uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery();
            return new PgUrl(JDBC + "//" + authority.substring(authority.lastIndexOf('@') + 1) + path + query, properties);
        } catch (URISyntaxException e) {
            throw new IllegalArgumentException("a database's address is like postgresql://user:password@host:5432/database", e);
        }
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
