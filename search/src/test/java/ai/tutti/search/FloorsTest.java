package ai.tutti.search;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** Search knows the engine's face, the wire and the SDK, and nothing above. */
class FloorsTest {
    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("ai.tutti.search");

    @Test
    void knowsTheEnginesFaceTheWireAndTheSdkOnly() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("ai.tutti.hub..", "ai.tutti.server..", "ai.tutti.cli..", "ai.tutti.bench..")
                .orShould()
                .dependOnClassesThat()
                .resideInAPackage("ai.tutti.engine.*..")
                .check(CLASSES);
    }

    @Test
    void eachStoreKeepsItsEngineToItself() {
        only("Lucene", "org.apache.lucene..");
        only("Pg", "java.sql..", "org.postgresql..");
    }

    private static void only(String prefix, String... engine) {
        noClasses()
                .that()
                .haveSimpleNameNotStartingWith(prefix)
                .and()
                .areTopLevelClasses()
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(engine)
                .check(CLASSES);
    }
}
