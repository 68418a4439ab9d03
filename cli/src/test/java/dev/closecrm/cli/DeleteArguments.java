package dev.closecrm.cli;

import dev.closecrm.sandbox.CloseCrmSandbox;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The words of a {@code closecrm delete} against a sandbox. */
final class DeleteArguments {

    private DeleteArguments() {}

    static String[] of(CloseCrmSandbox sandbox, Path ids, Path results, String... more) {
        List<String> arguments = new ArrayList<>(List.of(
                "delete",
                "--base-url",
                sandbox.baseUrl().toString(),
                "--ids",
                ids.toString(),
                "--results",
                results.toString()));
        arguments.addAll(List.of(more));
        return arguments.toArray(String[]::new);
    }

    /** The same without a question. */
    static String[] sure(CloseCrmSandbox sandbox, Path ids, Path results, String... more) {
        List<String> all = new ArrayList<>(List.of(more));
        all.add(0, "--yes");
        return of(sandbox, ids, results, all.toArray(String[]::new));
    }
}
