package dev.closecrm.reactor.matrix;

import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedClass;

/** The rows of the matrix, the tests that show them, and the page that lists both. */
final class FaultMatrix {

    private static final Pattern TEST = Pattern.compile("row(\\d+)_(\\w+)");

    /** Tests of core are not on the class path here, and are found in its sources. */
    private static final Path CORE = Path.of("..", "core", "src", "test", "java");

    private static final Pattern CORE_TEST = Pattern.compile("(?m)^    void row(\\d+)_(\\w+)\\(");

    private static final String HEAD = """
            # The fault matrix

            What goes wrong between a client and a service, what the client then reports, and the tests that show it. This page is
            written by a test, from the list of faults and the names of the tests; a row without a test ends the build:

            ```sh
            ./mvnw -q -pl core,sandbox,reactor-adapter test -Dtest=FaultMatrixPageTest -Dsurefire.failIfNoSpecifiedTests=false -Dfault-matrix.write=true
            ```

            Each test also sees to it that there was one end to each call, that no permit and no connection is still in use, that no
            logger at TRACE told a secret, and that nothing reached `onErrorDropped`. Leaks of buffers end the build. Over sockets the
            time limits are a twentieth of the defaults; the defaults are checked as tables and in virtual time. Tests that are said to
            be of core have no network and no threads in them, and none of this applies to them.
            """;

    private FaultMatrix() {}

    static String page() throws IOException {
        Map<Integer, List<String>> tests = tests();
        StringBuilder page = new StringBuilder(HEAD);
        for (String line : lines()) {
            if (line.startsWith("# row")) {
                continue;
            }
            if (line.startsWith("# ")) {
                page.append("\n## ")
                        .append(line.substring(2))
                        .append(
                                "\n\n| row | what goes wrong | what is reported | shown by |\n| --- | --- | --- | --- |\n");
                continue;
            }
            String[] cells = line.split(" \\| ", -1);
            int row = Integer.parseInt(cells[0]);
            String shownBy = String.join("<br>", tests.getOrDefault(row, List.of("**nothing yet**")));
            page.append("| %d | %s | %s | %s |%n".formatted(row, cells[1], cells[2], shownBy));
        }
        return page.toString();
    }

    static List<Integer> rows() throws IOException {
        return lines().stream()
                .filter(line -> !line.startsWith("#"))
                .map(line -> Integer.valueOf(line.substring(0, line.indexOf(' '))))
                .toList();
    }

    /** The tests of each row, in words. */
    static Map<Integer, List<String>> tests() throws IOException {
        Map<Integer, List<String>> tests = new TreeMap<>();
        for (Class<?> type : testClasses()) {
            Arrays.stream(type.getDeclaredMethods())
                    .filter(method -> !method.isSynthetic())
                    .sorted(Comparator.comparing(Method::getName))
                    .forEach(method -> add(tests, method));
        }
        addThoseOfCore(tests);
        return tests;
    }

    private static void addThoseOfCore(Map<Integer, List<String>> tests) throws IOException {
        try (Stream<Path> files = Files.walk(CORE)) {
            for (Path file : files.filter(path -> path.toString().endsWith("Test.java"))
                    .sorted()
                    .toList()) {
                String type = file.getFileName().toString().replace(".java", "");
                CORE_TEST
                        .matcher(Files.readString(file))
                        .results()
                        .sorted(Comparator.comparing(MatchResult::group))
                        .forEach(test -> tests.computeIfAbsent(Integer.valueOf(test.group(1)), row -> new ArrayList<>())
                                .add("`%s.row%s_%s` (core)".formatted(type, test.group(1), test.group(2))));
            }
        }
    }

    /** The classes that have tests of rows. */
    static List<Class<?>> classes() throws IOException {
        return testClasses().stream()
                .filter(type -> Arrays.stream(type.getDeclaredMethods())
                        .anyMatch(method -> TEST.matcher(method.getName()).matches()))
                .toList();
    }

    private static void add(Map<Integer, List<String>> tests, Method method) {
        Matcher name = TEST.matcher(method.getName());
        if (name.matches()) {
            if (name.group(1).length() < 2) {
                throw new IllegalStateException(method + " must have two digits, so that rows stand in their order");
            }
            tests.computeIfAbsent(Integer.valueOf(name.group(1)), row -> new ArrayList<>())
                    .add("`%s.%s` (%s)"
                            .formatted(method.getDeclaringClass().getSimpleName(), method.getName(), wires(method)));
        }
    }

    private static String wires(Method method) {
        if (Arrays.asList(method.getParameterTypes()).contains(Over.class)
                || runsOverBoth(method.getDeclaringClass())) {
            return "HTTP/1.1 and HTTP/2";
        }
        Row row = method.getAnnotation(Row.class);
        if (row == null) {
            throw new IllegalStateException(
                    method + " does not say over what it runs: let it take an Over, or add @Row");
        }
        return row.runs();
    }

    private static boolean runsOverBoth(Class<?> type) {
        return type.isAnnotationPresent(ParameterizedClass.class)
                && Arrays.stream(type.getDeclaredConstructors())
                        .anyMatch(constructor ->
                                Arrays.asList(constructor.getParameterTypes()).contains(Over.class));
    }

    private static List<Class<?>> testClasses() throws IOException {
        Path root = Path.of("target", "test-classes");
        try (Stream<Path> files = Files.walk(root)) {
            List<Class<?>> classes = new ArrayList<>();
            for (Path file : files.filter(path -> path.toString().matches(".*(Test|IT)\\.class"))
                    .sorted()
                    .toList()) {
                String name = root.relativize(file).toString().replace('/', '.').replaceFirst("\\.class$", "");
                classes.add(Class.forName(name, false, FaultMatrix.class.getClassLoader()));
            }
            return classes;
        } catch (ClassNotFoundException e) {
            throw new IllegalStateException(e);
        }
    }

    private static List<String> lines() throws IOException {
        try (InputStream in = FaultMatrix.class.getResourceAsStream("/fault-matrix.txt")) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
        }
    }
}
