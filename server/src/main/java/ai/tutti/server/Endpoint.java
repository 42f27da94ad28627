package ai.tutti.server;

/** What answers the requests of a route, each on a virtual thread of its own. */
@FunctionalInterface
interface Endpoint {
    /**
     * Answers the call once. Any exception becomes an error reply, or breaks a reply that has begun.
     *
     * @throws InterruptedException when the caller has hung up
     */
    void answer(Call call) throws InterruptedException;
}
