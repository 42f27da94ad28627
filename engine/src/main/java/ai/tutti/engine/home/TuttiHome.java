package ai.tutti.engine.home;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** The folder of the distribution that this process runs from: {@code lib/}, {@code natives/} and {@code models/}. */
public final class TuttiHome {
    /** The system property that the distribution's start script sets. */
    public static final String PROPERTY = "tutti.home";

    private TuttiHome() {}

    /** The distribution's folder, or null where the process runs from a class path of its own. */
    public static @Nullable Path path() {
        String home = System.getProperty(PROPERTY);
        return home == null || home.isBlank() ? null : Path.of(home).toAbsolutePath().normalize();
    }

    /** A file or folder inside the distribution, or null where there is no distribution. It need not exist. */
    public static @Nullable Path resolve(String relative) {
        Path home = path();
        return home == null ? null : home.resolve(relative);
    }
}
