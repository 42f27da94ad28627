package ai.tutti.engine.text;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The names that a template knows at some place, and its values: strings, whole numbers, booleans, lists, maps and places. */
final class TemplateScope {
    /** Jinja's none. */
    static final Object NONE = new Object();
    /** What a name or key has that is not there. */
    static final Object UNDEFINED = new Object();

    private final @Nullable TemplateScope outer;
    private final Map<String, Object> names = new HashMap<>();

    TemplateScope(@Nullable TemplateScope outer) {
        this.outer = outer;
    }

    void set(String name, Object value) {
        names.put(name, value);
    }

    /** @throws IllegalArgumentException for a name that nobody has set: a library might have given it */
    Object get(String name) {
        for (var scope = this; scope != null; scope = scope.outer) {
            var value = scope.names.get(name);
            if (value != null) {
                return value;
            }
        }
        throw new IllegalArgumentException("it uses %.40s, which is not known here".formatted(name));
    }
}
