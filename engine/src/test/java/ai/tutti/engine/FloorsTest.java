package ai.tutti.engine;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/** A lower floor of the engine never knows a higher one. */
class FloorsTest {
    /** From the ground up; the face is the package above them all. */
    static final List<String> FLOORS =
            List.of("home", "tensor", "text", "checkpoint", "kernel", "nn", "family", "schedule");

    private static final String FACE = "ai.tutti.engine";
    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages(FACE);

    @ParameterizedTest
    @FieldSource("FLOORS")
    void noFloorKnowsAHigherOne(String floor) {
        String[] higher = FLOORS.stream()
                .skip(FLOORS.indexOf(floor) + 1L)
                .map(FloorsTest::floor)
                .toArray(String[]::new);
        noClasses()
                .that()
                .resideInAPackage(floor(floor))
                .should()
                .dependOnClassesThat()
                .resideInAPackage(FACE)
                .orShould()
                .dependOnClassesThat()
                .resideInAnyPackage(higher)
                .allowEmptyShould(true)
                .check(CLASSES);
    }

    @Test
    void textAndTensorsStandAlone() {
        noClasses()
                .that()
                .resideInAnyPackage(floor("text"))
                .should()
                .dependOnClassesThat()
                .resideInAPackage(floor("tensor"))
                .check(CLASSES);
    }

    @Test
    void onlyTheKernelsCallNativeCodeThroughForeignFunctions() {
        noClasses()
                .that()
                .resideOutsideOfPackage(floor("kernel"))
                .should()
                .dependOnClassesThat()
                .haveFullyQualifiedName("java.lang.foreign.Linker")
                .check(CLASSES);
    }

    private static String floor(String name) {
        return FACE + "." + name;
    }
}
