package ai.tutti.engine.text;

/** What to do with a text that has more tokens than the model takes. */
public enum Truncation {
    /** Drop the end of the text, as Together does; the closing special tokens stay. */
    END,
    /** Drop the beginning of the text. */
    START,
    /** Refuse the request. */
    ERROR
}
