package ai.tutti.client;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * Where a service is.
 *
 * @param uri what paths are resolved against; ends in a slash
 */
record BaseUrl(URI uri) {
    private static final Pattern TOGETHERS = Pattern.compile("(.+\\.)?together\\.(ai|xyz)");

    static BaseUrl parse(String text) {
        URI uri = uri(text);
        if (uri.getHost() == null || !isHttp(uri) || uri.getRawQuery() != null || uri.getRawFragment() != null) {
            throw new IllegalArgumentException(
                    "baseUrl must be like http://127.0.0.1:8080/v1, without ? or #, and is " + text);
        }
        BaseUrl url = new BaseUrl(URI.create(text.strip().replaceFirst("/*$", "/")));
        // The newest of Together's SDKs has the version in its paths, so its users' base URL is without.
        return url.isTogethers() && url.uri.getPath().equals("/") ? new BaseUrl(url.uri.resolve("v1/")) : url;
    }

    private static URI uri(String text) {
        try {
            return new URI(text.strip());
        } catch (URISyntaxException e) {
            throw new IllegalArgumentException("baseUrl is no address: " + e.getMessage(), e);
        }
    }

    private static boolean isHttp(URI uri) {
        return "http".equalsIgnoreCase(uri.getScheme()) || "https".equalsIgnoreCase(uri.getScheme());
    }

    /** Whether it is Together's own service. */
    boolean isTogethers() {
        return TOGETHERS.matcher(uri.getHost().toLowerCase(Locale.ROOT)).matches();
    }
}
