/** Tests of what a run writes down. */
@NullMarked
package dev.closecrm.cli.results;

import org.jspecify.annotations.NullMarked;
