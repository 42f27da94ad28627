package ai.tutti.server;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Bearer keys. Digests of equal length are compared, all of them and in constant time, so that timing tells nothing. */
final class Authentication {
    private static final String SCHEME = "Bearer ";

    private final List<byte[]> digests;

    /** No keys: everybody may enter. */
    Authentication(List<String> keys) {
        this.digests = keys.stream().map(Authentication::digest).toList();
    }

    /**
     * Lets a request pass.
     *
     * @param authorization the header's value, if the request has it
     * @return which key it has, from 1 on; null where every key is accepted
     * @throws ApiException 401
     */
    @Nullable Integer check(@Nullable String authorization) {
        if (digests.isEmpty()) {
            return null;
        }
        if (authorization == null || !authorization.regionMatches(true, 0, SCHEME, 0, SCHEME.length())) {
            throw Errors.unauthorized("an API key is needed: send the header `authorization: Bearer KEY`");
        }
        byte[] given = digest(authorization.substring(SCHEME.length()).strip());
        int known = 0;
        for (int i = 0; i < digests.size(); i++) {
            known = MessageDigest.isEqual(digests.get(i), given) ? i + 1 : known;
        }
        if (known == 0) {
            throw Errors.unauthorized("the API key is not one of this server's");
        }
        return known;
    }

    private static byte[] digest(String key) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(key.getBytes(UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
