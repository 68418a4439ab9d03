/**
 * The ids a run is about: arguments, a list or a CSV file enter; one {@link dev.closecrm.cli.input.Input} after the other leaves,
 * as often as asked, and never all at once. Read {@link dev.closecrm.cli.input.Inputs} first,
 * {@link dev.closecrm.cli.input.IdSource} for the formats.
 */
@NullMarked
package dev.closecrm.cli.input;

import org.jspecify.annotations.NullMarked;
