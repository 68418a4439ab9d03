package dev.closecrm.benchmarks;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.methods;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noFields;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** The rules of the packages, for all modules; this module is the only one that sees them all. */
@AnalyzeClasses(packages = "dev.closecrm", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {

    @ArchTest
    static final ArchRule onlyTheAdapterAndTheBenchmarksKnowTheEngine = noClasses()
            .that()
            .resideOutsideOfPackages(
                    "dev.closecrm.core.engine..", "dev.closecrm.reactor..", "dev.closecrm.benchmarks..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("dev.closecrm.core.engine..");

    @ArchTest
    static final ArchRule coreKnowsNoReactorNoNettyAndNoLogging = noClasses()
            .that()
            .resideInAPackage("dev.closecrm.core..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "reactor..", "org.reactivestreams..", "io.netty..", "org.slf4j..", "java.util.logging..");

    @ArchTest
    static final ArchRule coreReadsNoClockAndRollsNoDice = noClasses()
            .that()
            .resideInAPackage("dev.closecrm.core..")
            .should()
            .callMethod(System.class, "nanoTime")
            .orShould()
            .callMethod(System.class, "currentTimeMillis")
            .orShould()
            .dependOnClassesThat()
            .haveFullyQualifiedName("java.time.Clock")
            .orShould()
            .dependOnClassesThat()
            .haveFullyQualifiedName("java.util.Random")
            .orShould()
            .dependOnClassesThat()
            .haveFullyQualifiedName("java.util.concurrent.ThreadLocalRandom");

    @ArchTest
    static final ArchRule nettyStaysInTheHttpPackage = noClasses()
            .that()
            .resideInAnyPackage(
                    "dev.closecrm.reactor",
                    "dev.closecrm.reactor.auth..",
                    "dev.closecrm.reactor.bulk..",
                    "dev.closecrm.cli..")
            .and()
            // It names the type that a user may change settings on, and hands it through.
            .doNotHaveFullyQualifiedName("dev.closecrm.reactor.CloseCrmClient$Builder")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.netty..", "reactor.netty..");

    @ArchTest
    static final ArchRule errorsDoNotKnowTheRestOfCore = noClasses()
            .that()
            .resideInAPackage("dev.closecrm.core.error..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("dev.closecrm.core", "dev.closecrm.core.engine..");

    @ArchTest
    static final ArchRule theSandboxDoesNotKnowTheClientItTests = noClasses()
            .that()
            .resideInAPackage("dev.closecrm.sandbox..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("dev.closecrm.reactor..", "dev.closecrm.cli..");

    @ArchTest
    static final ArchRule packagesFormNoCycle =
            slices().matching("dev.closecrm.(**)").should().beFreeOfCycles();

    @ArchTest
    static final ArchRule nothingIsGlobal = noFields()
            .that()
            .areDeclaredInClassesThat()
            .resideInAnyPackage("dev.closecrm.core..", "dev.closecrm.reactor..", "dev.closecrm.sandbox..")
            .and()
            .areStatic()
            .should()
            .notBeFinal();

    @ArchTest
    static final ArchRule noErrorHoldsATransportObject = fields().that()
            .areDeclaredInClassesThat()
            .areAssignableTo(Throwable.class)
            .should()
            .notHaveRawType(com.tngtech.archunit.base.DescribedPredicate.describe(
                    "from Netty or Reactor",
                    type -> type.getPackageName().startsWith("io.netty")
                            || type.getPackageName().startsWith("reactor")));

    @ArchTest
    static final ArchRule errorsCanBeMadeByUsersTests = classes()
            .that()
            .areAssignableTo(RuntimeException.class)
            .and()
            .resideInAPackage("dev.closecrm.core.error")
            .and()
            .doNotHaveModifier(JavaModifier.ABSTRACT)
            .should()
            .bePublic();

    @ArchTest
    static final ArchRule noMethodIsNamedAfterAGetter = methods()
            .that()
            .areDeclaredInClassesThat()
            .resideInAnyPackage("dev.closecrm.core..", "dev.closecrm.reactor..")
            .should()
            .haveNameNotMatching("get[A-Z].*");
}
