package ai.tutti.search;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** A statement in the making: its text, and what stands for each {@code ?}. Nothing from a caller ever gets into the text. */
final class PgSql {
    private final StringBuilder text = new StringBuilder();
    private final List<Object> arguments = new ArrayList<>();

    /** Adds a piece of text with a {@code ?} for each argument: a text, a number, or an array of texts or whole numbers. */
    PgSql add(String piece, Object... more) {
        text.append(piece);
        arguments.addAll(List.of(more));
        return this;
    }

    PreparedStatement prepare(Connection connection) throws SQLException {
        var statement = connection.prepareStatement(text.toString());
        try {
            for (int i = 0; i < arguments.size(); i++) {
                switch (arguments.get(i)) {
                    case String[] texts -> statement.setArray(i + 1, connection.createArrayOf("text", texts));
                    case Integer[] numbers -> statement.setArray(i + 1, connection.createArrayOf("int4", numbers));
                    default -> statement.setObject(i + 1, arguments.get(i));
                }
            }
            return statement;
        } catch (SQLException | RuntimeException e) {
            statement.close();
            throw e;
        }
    }

    /** Runs it for its effect. */
    void run(Connection connection) throws SQLException {
        try (var statement = prepare(connection)) {
            statement.execute();
        }
    }
}
