/** Tests of what a person sees. */
@NullMarked
package dev.closecrm.cli.progress;

import org.jspecify.annotations.NullMarked;
