package ai.tutti.search;

/** What a text is to a search. Many models put another prompt in front of a question than in front of what answers it. */
public enum InputKind {
    /** What is looked for. */
    QUERY,
    /** What is found. */
    DOCUMENT;

    /** As requests spell it in {@code input_type}. */
    String inputType() {
        return this == QUERY ? "query" : "document";
    }
}
