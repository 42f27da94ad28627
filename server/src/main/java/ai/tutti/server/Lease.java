package ai.tutti.server;

/** A loaded model in somebody's hands: it is not put away before the lease is closed. To be closed once. */
record Lease(Shelf shelf, Slot slot, ServedModel model) implements AutoCloseable {
    @Override
    public void close() {
        shelf.giveBack(slot);
    }
}
