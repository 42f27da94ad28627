package ai.tutti.server;

/** Counts of bytes, for people. */
final class Sizes {
    private Sizes() {}

    /** In the largest unit that leaves two digits: {@code 1340 MB}. */
    static String text(long bytes) {
        if (bytes >= 10L << 20) {
            return (bytes >> 20) + " MB";
        }
        return bytes >= 10L << 10 ? (bytes >> 10) + " KB" : bytes + " bytes";
    }
}
