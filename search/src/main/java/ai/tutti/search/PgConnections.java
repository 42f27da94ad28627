package ai.tutti.search;

import static java.util.Objects.requireNonNull;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Properties;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/**
 * A few connections to a database, made when they are needed and kept.
 *
 * <p>When one breaks, the server was restarted or the network failed. All that is asked of it here may be asked twice with the
 * same outcome, even where the answer to a commit was lost; so it is asked again on a fresh connection, with growing pauses, for
 * as long as patience lasts.
 */
final class PgConnections implements AutoCloseable {
    private static final int MOST = 8;
    private static final Duration FIRST_PAUSE = Duration.ofMillis(50);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(1);

    private final PgUrl url;
    private final Duration patience;
    private final Properties properties = new Properties();
    private final Semaphore permits = new Semaphore(MOST, true);
    private final ConcurrentLinkedDeque<Connection> idle = new ConcurrentLinkedDeque<>();
    private volatile boolean closed;

    /** What is done with a connection in one transaction; may be done twice. */
    interface Work<T extends @Nullable Object> {
        T with(Connection connection) throws SQLException;
    }

    /** With the patience for broken connections. */
    PgConnections(PgUrl url, Duration patience) {
        this.url = requireNonNull(url, "url is null");
        this.patience = requireNonNull(patience, "patience is null");
        properties.setProperty("ApplicationName", "tutti");
        properties.setProperty("connectTimeout", "5");
        properties.setProperty("socketTimeout", "600");
        properties.setProperty("tcpKeepAlive", "true");
        properties.setProperty("prepareThreshold", "0"); // every query is planned for its own values
        properties.putAll(url.properties());
    }

    /** The address for messages. */
    String shown() {
        return url.shown();
    }

    /** Works in a transaction; when this returns it is committed, when it throws nothing has changed. */
    <T extends @Nullable Object> T transact(Work<T> work) {
        boolean interrupted = Thread.interrupted(); // would close the socket under a virtual thread
        permits.acquireUninterruptibly();
        try {
            return patiently(work);
        } finally {
            permits.release();
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private <T extends @Nullable Object> T patiently(Work<T> work) {
        long deadline = System.nanoTime() + patience.toNanos();
        var pause = FIRST_PAUSE;
        while (true) {
            try {
                return once(work);
            } catch (SQLException e) {
                if (!mayPass(e) || System.nanoTime() + pause.toNanos() > deadline) {
                    throw failure(e);
                }
                try {
                    Thread.sleep(pause);
                } catch (InterruptedException interrupt) {
                    Thread.currentThread().interrupt();
                    throw failure(e);
                }
                pause = pause.multipliedBy(2).compareTo(LONGEST_PAUSE) < 0 ? pause.multipliedBy(2) : LONGEST_PAUSE;
            }
        }
    }

    private <T extends @Nullable Object> T once(Work<T> work) throws SQLException {
        if (closed) {
            throw new StoreException(shown() + " is closed");
        }
        var connection = idle.pollFirst();
        if (connection == null) {
            connection = DriverManager.getConnection(url.jdbc(), properties);
            connection.setAutoCommit(false);
        }
        boolean whole = false;
        try {
            T answer = work.with(connection);
            connection.commit();
            whole = true;
            return answer;
        } catch (SQLException e) {
            whole = !isBroken(e) && rolledBack(connection);
            throw e;
        } finally {
            if (whole && !closed) {
                idle.addFirst(connection);
                if (closed) { // meanwhile, and perhaps nobody looks for it any more
                    close();
                }
            } else {
                discard(connection);
            }
        }
    }

    private static boolean rolledBack(Connection connection) {
        try {
            connection.rollback();
            return true;
        } catch (SQLException e) {
            return false;
        }
    }

    private static void discard(Connection connection) {
        try {
            connection.close();
        } catch (SQLException e) {
            // It was broken; nothing is left to be done with it.
        }
    }

    /** The server has gone, or is coming up. */
    private static boolean isBroken(SQLException e) {
        var state = String.valueOf(e.getSQLState());
        return state.startsWith("08") || state.startsWith("57P") || state.startsWith("58");
    }

    /** The server has gone, or two writers were in each other's way: another time it may work. */
    private static boolean mayPass(SQLException e) {
        var state = String.valueOf(e.getSQLState());
        return isBroken(e) || state.equals("40001") || state.equals("40P01") || state.equals("53300");
    }

    private StoreException failure(SQLException e) {
        return new StoreException("%s: %s".formatted(shown(), Texts.firstLine(String.valueOf(e.getMessage()))), e);
    }

    @Override
    public void close() {
        closed = true;
        for (var connection = idle.pollFirst(); connection != null; connection = idle.pollFirst()) {
            discard(connection);
        }
    }
}
