package ai.tutti.client;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Fields of a request that it has no names for. */
final class Extras {
    private Extras() {}

    /** A copy that nobody changes; unlike {@link Map#copyOf}, with nulls and in order. */
    static Map<String, @Nullable Object> copy(Map<String, @Nullable Object> extras) {
        return Collections.unmodifiableMap(new LinkedHashMap<>(extras));
    }
}
