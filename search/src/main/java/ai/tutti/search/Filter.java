package ai.tutti.search;

import static java.util.Objects.requireNonNull;

import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which passages may be found, by their document and their metadata. A passage without the named metadata matches no condition
 * on it; numbers are compared as numbers, whole or not.
 */
public sealed interface Filter {
    /** Passages with one of these ids. */
    record Passages(List<String> ids) implements Filter {
        public Passages {
            ids = ids.stream().map(Texts::storable).toList();
        }
    }

    /** Passages of one of these documents. */
    record Documents(List<String> ids) implements Filter {
        public Documents {
            ids = ids.stream().map(Texts::storable).toList();
        }
    }

    /** Passages whose metadata have one of these values under the name. */
    record AnyOf(String key, List<Object> values) implements Filter {
        public AnyOf {
            String name = Metadata.key(key);
            values = values.stream().map(value -> Metadata.value(name, value)).toList();
        }
    }

    /**
     * Passages whose metadata have a number between these, both included, under the name.
     *
     * @param from null: no lower bound
     * @param to null: no upper bound
     */
    record Range(String key, @Nullable Double from, @Nullable Double to) implements Filter {
        public Range {
            Metadata.key(key);
            if ((from != null && from.isNaN()) || (to != null && to.isNaN())) {
                throw new IllegalArgumentException("a bound of %s is not a number".formatted(Texts.shown(key)));
            }
        }
    }

    /** Passages whose metadata have anything under the name. */
    record Exists(String key) implements Filter {
        public Exists {
            Metadata.key(key);
        }
    }

    /** Passages that match each of these; with none of them: all passages. */
    record All(List<Filter> of) implements Filter {
        public All {
            of = List.copyOf(of);
        }
    }

    /** Passages that match at least one of these; with none of them: no passage. */
    record Any(List<Filter> of) implements Filter {
        public Any {
            of = List.copyOf(of);
        }
    }

    /** Passages that do not match. */
    record Not(Filter of) implements Filter {
        public Not {
            requireNonNull(of, "of is null");
        }
    }

    /** Every passage. */
    static Filter everything() {
        return new All(List.of());
    }

    /** No passage. */
    static Filter nothing() {
        return new Any(List.of());
    }

    /** Passages with one of these ids. */
    static Filter passages(Collection<String> ids) {
        return new Passages(List.copyOf(ids));
    }

    /** Passages of one document. */
    static Filter document(String id) {
        return new Documents(List.of(id));
    }

    /** Passages of one of these documents. */
    static Filter documents(Collection<String> ids) {
        return new Documents(List.copyOf(ids));
    }

    /** Passages with this value under the name. */
    static Filter equal(String key, Object value) {
        return new AnyOf(key, List.of(value));
    }

    /** Passages with one of these values under the name. */
    static Filter anyOf(String key, Object... values) {
        return new AnyOf(key, Arrays.asList(values));
    }

    /** Passages with a number of at least this under the name. */
    static Filter atLeast(String key, double from) {
        return new Range(key, from, null);
    }

    /** Passages with a number of at most this under the name. */
    static Filter atMost(String key, double to) {
        return new Range(key, null, to);
    }

    /** Passages with anything under the name. */
    static Filter exists(String key) {
        return new Exists(key);
    }

    /** Passages that match each of these. */
    static Filter all(Filter... filters) {
        return new All(List.of(filters));
    }

    /** Passages that match at least one of these. */
    static Filter any(Filter... filters) {
        return new Any(List.of(filters));
    }

    /** Passages that do not match this. */
    static Filter not(Filter filter) {
        return new Not(filter);
    }
}
