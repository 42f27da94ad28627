package ai.tutti.search;

/** What may be a name in a store. */
final class Ids {
    private Ids() {}

    /** Makes sure that an id can be stored everywhere. */
    static void require(String what, String id, int longest) {
        if (id.isEmpty() || id.length() > longest) {
            throw new IllegalArgumentException("the id of a %s must have 1 to %d characters, not %,d: %s"
                    .formatted(what, longest, id.length(), Texts.shown(id)));
        }
        if (!Texts.storable(id).equals(id)) {
            throw new IllegalArgumentException("the id of a %s holds a character that cannot be stored: %s"
                    .formatted(what, Texts.shown(id)));
        }
    }
}
