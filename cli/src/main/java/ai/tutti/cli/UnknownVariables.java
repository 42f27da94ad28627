package ai.tutti.cli;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Pattern;

/** Environment variables that begin with {@code TUTTI_} and mean nothing, as misspelt ones do. */
final class UnknownVariables {
    /** Those of commands other than {@code serve}, and those that are no setting. */
    private static final List<String> OTHERS = List.of(Serve.CONFIG_VARIABLE, "TUTTI_CHAT_URL", "TUTTI_CHAT_MODEL");

    /** What Kubernetes sets beside a service that is called tutti. */
    private static final Pattern OF_KUBERNETES = Pattern.compile("TUTTI_(SERVICE_(HOST|PORT)|PORT_\\d).*");

    private UnknownVariables() {}

    /** A sentence for each, in their order; with the known name that is nearest, where one is near. */
    static List<String> warnings(Map<String, String> environment) {
        var known = new ArrayList<>(OTHERS);
        Arrays.stream(Setting.values()).map(Setting::environmentVariable).forEach(known::add);
        return new TreeSet<>(environment.keySet()).stream()
                .filter(name -> name.startsWith("TUTTI_") && !known.contains(name))
                .filter(name -> !OF_KUBERNETES.matcher(name).matches())
                .map(name -> "the environment variable %s means nothing%s".formatted(name, meant(name, known)))
                .toList();
    }

    private static String meant(String name, List<String> known) {
        return Spelling.near(name, known).stream()
                .findFirst()
                .map(nearest -> "; did you mean " + nearest + "?")
                .orElse("");
    }
}
