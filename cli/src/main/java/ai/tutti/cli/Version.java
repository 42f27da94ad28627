package ai.tutti.cli;

import org.jspecify.annotations.Nullable;

/** The version that was built. */
final class Version {
    private Version() {}

    static String current() {
        @Nullable String version = Version.class.getPackage().getImplementationVersion();
        return version == null ? "(not packaged)" : version;
    }
}
