package ai.tutti.hub;

/** A process of its own that pulls one model, by the environment that it is given, and says where it lies. */
final class PullMain {
    private PullMain() {}

    public static void main(String[] arguments) {
        Progress progress = new Progress() {
            @Override
            public void started(String model, int files, long bytes, long present) {
                System.out.println("started with " + present);
            }

            @Override
            public void received(long bytes) {}

            @Override
            public void finished() {}

            @Override
            public void note(String line) {
                System.out.println(line);
            }
        };
        System.out.println(new Hub(HubSettings.of(System.getenv()), progress).pull(ModelSpec.parse(arguments[0])));
    }
}
