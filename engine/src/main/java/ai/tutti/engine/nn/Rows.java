package ai.tutti.engine.nn;

/** Which tokens' last hidden states are wanted; what nobody wants is not computed. */
public enum Rows {
    /** Every token's: {@code [tokens, hidden]}. */
    ALL,
    /** The first token's of every text: {@code [texts, hidden]}. */
    FIRST,
    /** The last token's of every text: {@code [texts, hidden]}. */
    LAST
}
