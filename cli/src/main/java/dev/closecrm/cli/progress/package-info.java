/**
 * What a person sees while a run is under way, all of it on the standard error. Reports of the run, failures and outages enter;
 * lines and, on a terminal, a bar below them leave. Read {@link dev.closecrm.cli.progress.ProgressDisplay} first.
 */
@NullMarked
package dev.closecrm.cli.progress;

import org.jspecify.annotations.NullMarked;
