package ai.tutti.api;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A served model as it is at one moment: an entry of {@link ShelfReply}, and the answer to a load or an unload.
 *
 * @param id its own name
 * @param aliases further names that it answers to
 * @param state {@code loaded}, {@code loading} or {@code unloaded}
 * @param precision the arithmetic that it computes in
 * @param weightBytes native memory that its weights take, or will take; estimated until it was loaded once
 * @param inUse how many requests have it in use
 * @param loads how often it was loaded
 * @param loadSeconds how long that took the last time; null before the first
 * @param error why it could not be loaded the last time; null where it could
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record ShelfModel(
        @Required String id,
        List<String> aliases,
        String state,
        String precision,
        long weightBytes,
        int inUse,
        long loads,
        @Nullable Double loadSeconds,
        @Nullable String error) {
    public ShelfModel {
        requireNonNull(id, "id is null");
        aliases = List.copyOf(aliases);
        requireNonNull(state, "state is null");
        requireNonNull(precision, "precision is null");
    }
}
