package ai.tutti.api;

/**
 * A model in {@code GET /v1/autoscale/models}, by which Together's first Python SDK finds out which models run on machines
 * of the user's own.
 *
 * @param name as {@link ModelInfo#id()}
 */
public record DedicatedModel(@Required String name) {}
