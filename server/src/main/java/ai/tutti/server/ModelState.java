package ai.tutti.server;

import java.util.Locale;

/** Where a served model is. */
public enum ModelState {
    /** In memory, ready to compute. */
    LOADED,
    /** On its way into memory, or waiting for its turn or for room there. */
    LOADING,
    /** On the shelf: its folder is known, its weights are not in memory. The next request loads it. */
    UNLOADED;

    /** As it is spelt on the wire. */
    public String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }
}
