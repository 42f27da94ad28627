package ai.tutti.hub;

/** Told of downloads as they go; called by several threads at once. */
public interface Progress {
    /**
     * Files begin to come.
     *
     * @param model the model's name
     * @param files how many
     * @param bytes their size together
     * @param present how many bytes of them were here already, from a download that broke off
     */
    void started(String model, int files, long bytes, long present);

    /** So many bytes more have come; negative where bytes had to be given up. */
    void received(long bytes);

    /** All that was started is there. */
    void finished();

    /** Something that a person who waits wants to know; one line. */
    void note(String line);

    /** Tells nobody. */
    Progress SILENT = new Progress() {
        @Override
        public void started(String model, int files, long bytes, long present) {}

        @Override
        public void received(long bytes) {}

        @Override
        public void finished() {}

        @Override
        public void note(String line) {}
    };
}
