package ai.tutti.conformance;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * Folders with installed packages, as the program {@code environments/install} leaves them: kept from run to run for as long as
 * their pins and their interpreter are the same. A run looks at each of them once.
 */
final class Installation {
    /** How Python runs here: its compiled modules are kept with what is built, even where the machine says that none are. */
    static final Map<String, String> PYTHON = Map.of(
            "PYTHONPYCACHEPREFIX", Folders.TARGET.resolve("pycache").toString(),
            "PYTHONDONTWRITEBYTECODE", "",
            "PYTHONIOENCODING", "utf-8");

    private static final Duration PATIENCE = Duration.ofMinutes(15);
    private static final Map<String, FutureTask<Path>> FOUND = new ConcurrentHashMap<>();

    private Installation() {}

    /** A virtual Python environment with what a requirements file pins. */
    static Path python(String name) {
        return find(name);
    }

    /** A folder with the npm packages that the lock file pins. */
    static Path node() {
        return find("node");
    }

    private static Path find(String name) {
        FutureTask<Path> task = FOUND.computeIfAbsent(name, any -> new FutureTask<>(() -> install(name)));
        task.run(); // does nothing but for the first
        try {
            return task.get();
        } catch (ExecutionException e) {
            throw new AssertionError("cannot install " + name, e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted while waiting for " + name, e);
        }
    }

    private static Path install(String name) {
        String program = Folders.PINS.resolve("install").toString();
        new Command(List.of(program, name), Folders.MODULE, Map.of(), PATIENCE).run();
        return Folders.TARGET.resolve("environments").resolve(name);
    }
}
