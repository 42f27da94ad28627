package ai.tutti.server;

import static java.util.Objects.requireNonNull;

import ai.tutti.engine.tensor.Precision;
import ai.tutti.hub.CatalogueEntry;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A served model as it is at one moment. */
public final class ModelStatus {
    private final KnownModel known;
    private final ModelState state;
    private final long weightBytes;
    private final int leases;
    private final long loads;
    private final double loadSeconds;
    private final @Nullable LoadFault fault;
    private final @Nullable ModelFacts facts;

    ModelStatus(
            KnownModel known,
            ModelState state,
            long weightBytes,
            int leases,
            long loads,
            double loadSeconds,
            @Nullable LoadFault fault,
            @Nullable ModelFacts facts) {
        this.known = requireNonNull(known, "known is null");
        this.state = requireNonNull(state, "state is null");
        this.weightBytes = weightBytes;
        this.leases = leases;
        this.loads = loads;
        this.loadSeconds = loadSeconds;
        this.fault = fault;
        this.facts = facts;
    }

    public String name() {
        return known.name();
    }

    /** Further names that it answers to, sorted. */
    public List<String> aliases() {
        return known.aliases();
    }

    /** What the catalogue knows of it. */
    public CatalogueEntry entry() {
        return known.entry();
    }

    /**
     * Lets embeddings be asked for.
     *
     * @throws ApiException 400 when the model gives scores and no vectors
     */
    void requireVectors() {
        if (entry().kind() == CatalogueEntry.Kind.RERANK) {
            throw Errors.invalid(
                    "model", "`%s` is a reranker and gives scores, no vectors; send it to /v1/rerank".formatted(name()));
        }
    }

    public ModelState state() {
        return state;
    }

    /** Native memory that its weights take, in bytes, or will take; estimated until it was loaded once. */
    public long weightBytes() {
        return weightBytes;
    }

    /** How many requests have it in use. */
    public int inUse() {
        return leases;
    }

    /** How often it was loaded. */
    public long loads() {
        return loads;
    }

    /** How long it last took to load, in seconds; 0 before the first time. */
    public double loadSeconds() {
        return loadSeconds;
    }

    /** Why it could not be loaded the last time; null: it could, or nobody has tried. */
    public @Nullable String fault() {
        return fault == null ? null : fault.message();
    }

    /** What a user should know of its folder; null: nothing. */
    public @Nullable String note() {
        return known.note();
    }

    /** The arithmetic that it computes in; until it was loaded once, what it is to be loaded for. */
    public Precision precision() {
        return facts == null ? known.precision() : facts.precision();
    }

    /** The longest text in tokens, special tokens included; until it was loaded once, what its folder says. */
    public int maxTokens() {
        return facts == null ? known.maxTokens() : facts.maxTokens();
    }

    /** The length of a vector; null where it was never loaded. */
    public @Nullable Integer dimensions() {
        return facts == null ? null : facts.dimensions();
    }

    /** What its rerank scores are; null where it was never loaded. */
    public @Nullable String scoreDescription() {
        return facts == null ? null : facts.scoreDescription();
    }
}
