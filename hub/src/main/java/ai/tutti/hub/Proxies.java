package ai.tutti.hub;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Proxies as {@code HTTPS_PROXY}, {@code HTTP_PROXY}, {@code ALL_PROXY} and {@code NO_PROXY} name them, in either case of
 * letters; where none is named, the JVM's own ({@code -Dhttps.proxyHost}). Proxies that ask for a password are not spoken to.
 *
 * @param http the proxy for {@code http} addresses, or null
 * @param https the proxy for {@code https} addresses, or null
 * @param direct ends of host names that are reached without one; {@code *} for all
 */
public record Proxies(@Nullable URI http, @Nullable URI https, List<String> direct) {
    public Proxies {
        direct = List.copyOf(direct);
    }

    static Proxies of(Map<String, String> environment) {
        String all = value(environment, "ALL_PROXY", "");
        return new Proxies(
                proxy(value(environment, "HTTP_PROXY", all)),
                proxy(value(environment, "HTTPS_PROXY", all)),
                Arrays.stream(value(environment, "NO_PROXY", "").split(","))
                        .map(host -> host.strip().toLowerCase(Locale.ROOT).replaceFirst("^\\*?\\.", ""))
                        .filter(host -> !host.isEmpty())
                        .toList());
    }

    private static String value(Map<String, String> environment, String name, String otherwise) {
        String value = environment.getOrDefault(name.toLowerCase(Locale.ROOT), environment.getOrDefault(name, ""));
        return value.isBlank() ? otherwise : value.strip();
    }

    private static @Nullable URI proxy(String text) {
        if (text.isEmpty()) {
            return null;
        }
        try {
            URI uri = URI.create(text.contains("://") ? text : "http://" + text);
            return uri.getHost() == null ? null : uri;
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    /** For the JDK's client. */
    ProxySelector selector() {
        ProxySelector system = ProxySelector.getDefault();
        return new ProxySelector() {
            @Override
            public List<Proxy> select(URI target) {
                URI proxy = requireNonNull(target.getScheme()).equals("https") ? https : http;
                if (proxy == null || isDirect(target.getHost().toLowerCase(Locale.ROOT))) {
                    return proxy == null && system != null ? system.select(target) : List.of(Proxy.NO_PROXY);
                }
                int port = proxy.getPort() < 0 ? 80 : proxy.getPort();
                return List.of(new Proxy(Proxy.Type.HTTP, InetSocketAddress.createUnresolved(proxy.getHost(), port)));
            }

            @Override
            public void connectFailed(URI target, SocketAddress address, IOException failure) {
                // The request's own exception tells.
            }
        };
    }

    private boolean isDirect(String host) {
        return direct.stream().anyMatch(end -> end.equals("*") || host.equals(end) || host.endsWith("." + end));
    }
}
