package ai.tutti.conformance;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Every script with every SDK it is meant for, several at a time. */
@Execution(ExecutionMode.CONCURRENT)
@Order(2)
final class SdkTest {
    @TestFactory
    Stream<DynamicNode> guide() {
        return scriptsIn("guide");
    }

    @TestFactory
    Stream<DynamicNode> together() {
        return scriptsIn("together");
    }

    @TestFactory
    Stream<DynamicNode> openai() {
        return scriptsIn("openai");
    }

    @TestFactory
    Stream<DynamicNode> cohere() {
        return scriptsIn("cohere");
    }

    @TestFactory
    Stream<DynamicNode> table() {
        return Script.in("table").stream().flatMap(script -> Arrays.stream(GuideModel.values())
                .flatMap(model -> tests(script, model.askedBy(script.sdks()), " as " + model, model.variables())));
    }

    static Stream<DynamicNode> scriptsIn(String folder) {
        return Script.in(folder).stream().flatMap(script -> tests(script, script.sdks(), "", Map.of()));
    }

    private static Stream<DynamicNode> tests(
            Script script, List<Sdk> sdks, String what, Map<String, String> variables) {
        return sdks.stream()
                .map(sdk -> DynamicTest.dynamicTest(
                        "%s%s with %s".formatted(script, what, sdk.label()),
                        script.file().toUri(),
                        () -> script.run(sdk, variables)));
    }
}
