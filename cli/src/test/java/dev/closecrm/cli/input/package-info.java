/** Tests of how ids are read. */
@NullMarked
package dev.closecrm.cli.input;

import org.jspecify.annotations.NullMarked;
