package ai.tutti.cli;

import ai.tutti.search.Filter;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads conditions on what is known of a file: {@code type=md}, {@code type!=java}, {@code size<=10000}, {@code modified>=2026-01-31}. */
final class Filters {
    static final String OPTION = "--filter";

    private static final Pattern CONDITION = Pattern.compile("([^=<>!\\s]+)\\s*(=|!=|>=|<=)\\s*(.+)", Pattern.DOTALL);

    private Filters() {}

    /** All conditions at once; several with one name and {@code =} are alternatives. */
    static Filter of(List<Given> conditions) {
        var byName = new LinkedHashMap<String, List<Filter>>();
        var all = new ArrayList<Filter>();
        for (Given given : conditions) {
            Matcher condition = CONDITION.matcher(given.text().strip());
            if (!condition.matches()) {
                throw given.wrong("NAME=VALUE, NAME!=VALUE, NAME>=NUMBER or NAME<=NUMBER, such as type=md");
            }
            String name = condition.group(1);
            String value = condition.group(3);
            switch (condition.group(2)) {
                case "=" -> byName.computeIfAbsent(name, _ -> new ArrayList<>()).add(equal(name, value));
                case "!=" -> all.add(Filter.not(equal(name, value)));
                case ">=" -> all.add(Filter.atLeast(name, number(given, value, false)));
                default -> all.add(Filter.atMost(name, number(given, value, true)));
            }
        }
        byName.values().forEach(alternatives -> all.add(new Filter.Any(alternatives)));
        return new Filter.All(all);
    }

    private static Filter equal(String name, String value) {
        return name.equals(Indexing.SIZE) && value.matches("\\d{1,15}")
                ? Filter.equal(name, Long.parseLong(value))
                : Filter.equal(name, value);
    }

    /** A number, or a day: the moment at which it begins or ends here, in seconds since 1970. */
    private static double number(Given given, String value, boolean end) {
        try {
            if (value.matches("\\d{4}-\\d{2}-\\d{2}")) {
                LocalDate day = LocalDate.parse(value);
                long begin = (end ? day.plusDays(1) : day).atStartOfDay(ZoneId.systemDefault()).toEpochSecond();
                return end ? begin - 1 : begin;
            }
            return Double.parseDouble(value);
        } catch (DateTimeException | NumberFormatException e) {
            throw given.wrong("a condition with a number or a day, such as size<=10000 or modified>=2026-01-31");
        }
    }
}
