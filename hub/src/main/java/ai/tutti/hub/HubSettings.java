package ai.tutti.hub;

import static java.util.Objects.requireNonNull;

import ai.tutti.engine.checkpoint.ModelLoadException;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Where models are found and fetched, by the environment variables of the Hugging Face libraries, so that both find the same
 * files.
 *
 * @param cache the folder of the Hugging Face cache; need not exist ({@code HF_HUB_CACHE}, {@code HF_HOME})
 * @param endpoint the hub's address, without a slash at its end ({@code HF_ENDPOINT})
 * @param token what the hub is shown to know who asks; null for nothing ({@code HF_TOKEN}, {@code HF_TOKEN_PATH})
 * @param offline whether the hub must not be asked ({@code HF_HUB_OFFLINE})
 * @param timeout how long the hub may be silent ({@code HF_HUB_DOWNLOAD_TIMEOUT})
 * @param symlinks whether snapshots link to their files, where the system can ({@code HF_HUB_DISABLE_SYMLINKS})
 * @param proxies the proxies to go through ({@code HTTPS_PROXY}, {@code HTTP_PROXY}, {@code NO_PROXY})
 */
public record HubSettings(
        Path cache,
        URI endpoint,
        @Nullable String token,
        boolean offline,
        Duration timeout,
        boolean symlinks,
        Proxies proxies) {
    private static final String ENDPOINT = "https://huggingface.co";
    private static final int TIMEOUT_SECONDS = 10;
    private static final Set<String> TRUE = Set.of("1", "ON", "YES", "TRUE");
    private static final Pattern VARIABLE = Pattern.compile("\\$(?:(\\w+)|\\{(\\w+)})");

    public HubSettings {
        requireNonNull(cache, "cache is null");
        requireNonNull(endpoint, "endpoint is null");
        requireNonNull(timeout, "timeout is null");
        requireNonNull(proxies, "proxies is null");
        if (endpoint.getUserInfo() != null) { // it would stand in messages
            throw new ModelLoadException("HF_ENDPOINT must hold no user and no password: use HF_TOKEN");
        }
    }

    /**
     * Reads the environment.
     *
     * @throws ModelLoadException when a variable cannot be used; one line that names it
     */
    public static HubSettings of(Map<String, String> environment) {
        return new Reader(environment).read();
    }

    @Override
    public String toString() {
        return "HubSettings[cache=%s, endpoint=%s, token=%s, offline=%s]"
                .formatted(cache, endpoint, token == null ? "none" : "secret", offline);
    }

    /** The variables; one that is set to nothing counts as not set. */
    private record Reader(Map<String, String> environment) {
        HubSettings read() {
            Path home = path(or("HF_HOME", or("XDG_CACHE_HOME", "~/.cache") + "/huggingface"), "HF_HOME");
            String cache = or("HF_HUB_CACHE", or("HUGGINGFACE_HUB_CACHE", ""));
            return new HubSettings(
                    (cache.isEmpty() ? home.resolve("hub") : path(cache, "HF_HUB_CACHE")).toAbsolutePath().normalize(),
                    endpoint(),
                    token(home),
                    isTrue(or("HF_HUB_OFFLINE", or("TRANSFORMERS_OFFLINE", ""))),
                    timeout(),
                    !isTrue(or("HF_HUB_DISABLE_SYMLINKS", "")),
                    Proxies.of(environment));
        }

        private URI endpoint() {
            String text = or("HF_ENDPOINT", ENDPOINT).replaceAll("/+$", "");
            try {
                URI uri = new URI(text);
                if (uri.getHost() != null && Set.of("http", "https").contains(uri.getScheme().toLowerCase(Locale.ROOT))) {
                    return uri;
                }
            } catch (URISyntaxException e) {
                throw new ModelLoadException("HF_ENDPOINT: '%s' is not an address such as %s".formatted(text, ENDPOINT), e);
            }
            throw new ModelLoadException("HF_ENDPOINT: '%s' is not an address such as %s".formatted(text, ENDPOINT));
        }

        private @Nullable String token(Path home) {
            if (isTrue(or("HF_HUB_DISABLE_IMPLICIT_TOKEN", ""))) {
                return null;
            }
            String token = or("HF_TOKEN", or("HUGGING_FACE_HUB_TOKEN", ""));
            String named = or("HF_TOKEN_PATH", "");
            Path file = named.isEmpty() ? home.resolve("token") : path(named, "HF_TOKEN_PATH");
            try {
                token = token.isEmpty() ? Files.readString(file).strip() : token;
            } catch (NoSuchFileException e) {
                return null;
            } catch (IOException e) {
                throw new ModelLoadException("%s cannot be read: give the token in HF_TOKEN".formatted(file), e);
            }
            if (!token.matches("[\\x21-\\x7e]*")) {
                throw new ModelLoadException("HF_TOKEN is not a token: it has characters that no token has");
            }
            return token.isEmpty() ? null : token;
        }

        private Duration timeout() {
            String text = or("HF_HUB_DOWNLOAD_TIMEOUT", "" + TIMEOUT_SECONDS);
            if (!text.matches("[1-9]\\d{0,5}")) {
                throw new ModelLoadException("HF_HUB_DOWNLOAD_TIMEOUT: '%s' is not a number of seconds".formatted(text));
            }
            return Duration.ofSeconds(Long.parseLong(text));
        }

        private String or(String name, String otherwise) {
            String value = environment.getOrDefault(name, "").strip();
            return value.isEmpty() ? otherwise : value;
        }

        private static boolean isTrue(String value) {
            return TRUE.contains(value.toUpperCase(Locale.ROOT));
        }

        /** As Python's {@code expandvars} and {@code expanduser} read it; what is not set is left as it stands. */
        private Path path(String text, String variable) {
            String expanded = VARIABLE.matcher(text).replaceAll(match -> {
                String name = match.group(1) == null ? match.group(2) : match.group(1);
                return Matcher.quoteReplacement(environment.getOrDefault(name, match.group()));
            });
            if (expanded.equals("~") || expanded.startsWith("~/")) {
                expanded = or("HOME", System.getProperty("user.home")) + expanded.substring(1);
            }
            try {
                return Path.of(expanded);
            } catch (IllegalArgumentException e) {
                throw new ModelLoadException("%s: '%s' is not a path".formatted(variable, text), e);
            }
        }
    }
}
