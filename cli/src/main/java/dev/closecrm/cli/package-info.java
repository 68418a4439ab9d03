/**
 * The command {@code closecrm}: contact ids enter as arguments, as a list or as a CSV file; a results file with one line for
 * each of them, a summary and an exit code leave. {@link dev.closecrm.cli.DeleteCommand} puts the parts together,
 * {@link dev.closecrm.cli.DeleteRun} is the run itself. Read {@code DeleteCommand} first.
 */
@NullMarked
package dev.closecrm.cli;

import org.jspecify.annotations.NullMarked;
