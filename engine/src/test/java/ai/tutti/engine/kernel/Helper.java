package ai.tutti.engine.kernel;

/** A second worker that lends a hand to another, all the time until it is closed. */
public final class Helper implements AutoCloseable {
    private final Worker leader;
    private final Worker worker = new Worker(Kernels.instance());
    private final Team team = new Team();
    private final Thread thread;

    public Helper(Worker leader) {
        this.leader = leader;
        thread = Thread.ofPlatform().stackSize(8 << 20).start(() -> team.help(worker, () -> false));
        while (team.helpers() == 0) {
            Thread.onSpinWait();
        }
        leader.lead(team);
    }

    Worker worker() {
        return worker;
    }

    @Override
    public void close() {
        team.end();
        leader.lead(null);
        try {
            thread.join();
        } catch (InterruptedException e) {
            throw new AssertionError("interrupted while a helper was leaving", e);
        }
        worker.close();
    }
}
