package ai.tutti.server;

import io.vertx.core.net.SocketAddress;
import io.vertx.ext.web.RoutingContext;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Who sends a request: callers take turns in the queue. With {@code --api-key} it is the key, known by its place and never by
 * itself; else the address that the request comes from. Of an address of version 6 only the network counts, its first 64 bits: whoever
 * has one address there has them all.
 */
final class Caller {
    private static final String KEY = "tutti.caller";

    /** Bytes of the network's part of an address of version 6. */
    private static final int NETWORK = 8;

    private static final int WHOLE = 16;

    private Caller() {}

    /** Remembers who sends a request. */
    static void remember(RoutingContext context, @Nullable Integer key, boolean trustForwarded) {
        context.put(KEY, key == null ? address(context, trustForwarded) : "key " + key);
    }

    /** Who sends a request. */
    static String of(RoutingContext context) {
        String caller = context.get(KEY);
        return caller == null ? "" : caller;
    }

    private static String address(RoutingContext context, boolean trustForwarded) {
        SocketAddress remote = context.request().remoteAddress();
        String peer = remote == null || remote.hostAddress() == null ? "" : remote.hostAddress();
        return address(trustForwarded ? context.request().headers().getAll("x-forwarded-for") : List.of(), peer);
    }

    /**
     * The last address that a request was forwarded for; its peer's if there is none there.
     *
     * @param forwarded headers of addresses, separated by commas
     * @param peer the address that the request comes from
     */
    static String address(List<String> forwarded, String peer) {
        if (!forwarded.isEmpty()) {
            String last = forwarded.getLast();
            String network = network(withoutPort(last.substring(last.lastIndexOf(',') + 1).strip()));
            if (network != null) {
                return network;
            }
        }
        String network = network(peer);
        return network == null ? peer : network;
    }

    /** Some proxies write {@code 192.0.2.1:1234} and {@code [2001:db8::1]:1234}. */
    private static String withoutPort(String address) {
        if (address.startsWith("[")) {
            int end = address.indexOf(']');
            return end < 0 ? address : address.substring(1, end);
        }
        int colon = address.indexOf(':');
        return colon >= 0 && colon == address.lastIndexOf(':') ? address.substring(0, colon) : address;
    }

    /** An address of version 4 as it is, or the network of one of version 6; null: it is neither. Nothing is looked up. */
    private static @Nullable String network(String address) {
        int zone = address.indexOf('%');
        try {
            InetAddress parsed = InetAddress.ofLiteral(zone < 0 ? address : address.substring(0, zone));
            if (parsed instanceof Inet6Address) {
                byte[] bytes = Arrays.copyOf(Arrays.copyOf(parsed.getAddress(), NETWORK), WHOLE);
                return InetAddress.getByAddress(bytes).getHostAddress() + "/64";
            }
            return parsed.getHostAddress();
        } catch (IllegalArgumentException | UnknownHostException e) {
            return null;
        }
    }
}
