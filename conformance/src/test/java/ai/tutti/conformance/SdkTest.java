package ai.tutti.conformance;

import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Every script with every SDK it is meant for. */
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

    private static Stream<DynamicNode> scriptsIn(String folder) {
        return Script.in(folder).stream().flatMap(SdkTest::tests);
    }

    private static Stream<DynamicNode> tests(Script script) {
        return script.sdks().stream()
                .map(sdk -> DynamicTest.dynamicTest(
                        "%s with %s".formatted(script, sdk.label()),
                        script.file().toUri(),
                        () -> script.run(sdk, Map.of())));
    }
}
