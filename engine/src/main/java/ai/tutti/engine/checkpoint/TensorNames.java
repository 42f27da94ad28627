package ai.tutti.engine.checkpoint;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/**
 * Tensors' names in the model's own terms.
 *
 * <p>The same encoder is saved bare ({@code embeddings.word_embeddings.weight}), under its class's prefix
 * ({@code bert.embeddings…}, {@code model.embed_tokens…}) or under a wrapper's ({@code module.bert.…}). Every model has a
 * token table, so whatever stands in front of its name is the prefix, and it is taken off wherever it stands. Heads stand
 * beside the encoder ({@code classifier.weight}, {@code lm_head.weight}): from their names comes off what they share with the
 * prefix, the wrapper's {@code module.}. Very old files call a norm's weight and bias gamma and beta.
 */
final class TensorNames {
    private static final List<String> TOKEN_TABLES = List.of(
            "embeddings.word_embeddings.weight", "embeddings.tok_embeddings.weight", "embed_tokens.weight");

    private final String prefix;

    private TensorNames(String prefix) {
        this.prefix = prefix;
    }

    static TensorNames of(Collection<String> stored) {
        return new TensorNames(stored.stream()
                .flatMap(name -> TOKEN_TABLES.stream()
                        .filter(table -> name.equals(table) || name.endsWith("." + table))
                        .map(table -> name.substring(0, name.length() - table.length())))
                .min(Comparator.comparingInt(String::length))
                .orElse(""));
    }

    String plain(String stored) {
        String name = stored.substring(shared(stored));
        if (name.endsWith("LayerNorm.gamma")) {
            return name.substring(0, name.length() - "gamma".length()) + "weight";
        }
        if (name.endsWith("LayerNorm.beta")) {
            return name.substring(0, name.length() - "beta".length()) + "bias";
        }
        return name;
    }

    /** The length of the prefix or of the longest of its parents ({@code a.b.c.}, {@code a.b.}, {@code a.}) in front of a name. */
    private int shared(String stored) {
        int length = prefix.length();
        while (length > 0 && !stored.startsWith(prefix.substring(0, length))) {
            length = prefix.lastIndexOf('.', length - 2) + 1;
        }
        return length;
    }
}
