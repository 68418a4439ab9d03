/**
 * What a run writes down: one line for each input, and a journal of what it began, so that another run can go on where one was
 * ended. Results enter; a CSV file or JSON leaves, and what earlier runs left comes back. Read
 * {@link dev.closecrm.cli.results.RunFiles} first, {@link dev.closecrm.cli.results.Journal} for what survives a kill.
 */
@NullMarked
package dev.closecrm.cli.results;

import org.jspecify.annotations.NullMarked;
