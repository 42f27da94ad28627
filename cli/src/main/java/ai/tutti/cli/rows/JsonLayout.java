package ai.tutti.cli.rows;

import ai.tutti.api.Json;

/** An object a line: the row's own, to the letter where it was JSON, and in it one field more. */
record JsonLayout(String field) implements RowLayout {
    @Override
    public String head(Row first) {
        return "";
    }

    @Override
    public String beginning(Row row) {
        if (row.fields().has(field)) {
            throw RowLayout.taken(row, field);
        }
        String json = row.json() == null ? Json.writeText(row.fields()) : row.json();
        String open = json.substring(0, json.length() - 1).stripTrailing();
        return "%s,%s:[".formatted(open, Json.writeText(field));
    }

    @Override
    public String ending() {
        return "]}\n";
    }

    @Override
    public char delimiter() {
        return 0;
    }
}
