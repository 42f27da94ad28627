package ai.tutti.hub;

import ai.tutti.engine.checkpoint.ModelLoadException;
import java.net.http.HttpHeaders;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Why the hub refuses, in one line with the way out. The status alone does not tell: an absent repository answers 401 to
 * whoever is not known, since it might be a private one, and so does a gated one.
 *
 * @param settings whom was asked, and with which token
 * @param repository what was asked for
 * @param revision the revision or commit
 * @param path the file; null: the repository itself
 */
record Refusals(HubSettings settings, RepositoryName repository, String revision, @Nullable String path) {
    private static final int LONGEST = 200;
    private static final Pattern RATE_LIMIT = Pattern.compile("\\br=0\\b.*?\\bt=(\\d{1,6})\\b");

    /** How long the hub asks to wait; zero where it does not say. */
    static Duration wait(HttpHeaders headers) {
        String after = headers.firstValue("retry-after").orElse("").strip();
        if (after.matches("\\d{1,6}")) {
            return Duration.ofSeconds(Long.parseLong(after));
        }
        Matcher limit = RATE_LIMIT.matcher(headers.firstValue("ratelimit").orElse(""));
        return limit.find() ? Duration.ofSeconds(Long.parseLong(limit.group(1))) : Duration.ZERO;
    }

    /** Text from the network, fit to stand in a message of one line. */
    static String oneLine(String text) {
        String start = text.length() > LONGEST ? text.substring(0, LONGEST) + "…" : text;
        return start.replaceAll("[\\p{Cntrl}\\u2028\\u2029]", "?");
    }

    ModelLoadException explain(int status, HttpHeaders headers) {
        String code = headers.firstValue("x-error-code").orElse("");
        String message = headers.firstValue("x-error-message").orElse("");
        return new ModelLoadException(switch (code) {
            case "GatedRepo" -> gated();
            case "RepoNotFound" -> absent();
            case "RevisionNotFound" -> "%s has no revision '%s' at %s: name a branch, a tag or a commit"
                    .formatted(repository, revision, settings.endpoint());
            case "EntryNotFound" -> "%s has no file %s at %s".formatted(repository, path, revision);
            default -> explain(status, message);
        });
    }

    private String explain(int status, String message) {
        if (message.startsWith("Invalid credentials")) {
            return "%s does not know the token that it was shown: renew HF_TOKEN (or the file of HF_TOKEN_PATH), or unset it"
                    .formatted(settings.endpoint());
        }
        if (status == 401 || (status == 404 && path == null)) {
            return absent();
        }
        String reason = message.isEmpty() ? "without a reason" : "saying \"" + oneLine(message) + "\"";
        return "%s refuses %s with %d, %s".formatted(settings.endpoint(), what(), status, reason);
    }

    private String gated() {
        String page = settings.endpoint() + "/" + repository;
        return settings.token() == null
                ? "%s is gated: accept its terms at %s, then set HF_TOKEN to a token of yours".formatted(repository, page)
                : "%s is gated, and the owner of the token in use has no access: ask for it at %s".formatted(repository, page);
    }

    private String absent() {
        return settings.token() == null
                ? "%s has no model %s, or it is private: look at the name, or set HF_TOKEN to a token that may read it"
                        .formatted(settings.endpoint(), repository)
                : "%s has no model %s, or it is private and the token in use may not read it: look at the name and at HF_TOKEN"
                        .formatted(settings.endpoint(), repository);
    }

    private String what() {
        return path == null ? repository.text() : path + " of " + repository;
    }
}
