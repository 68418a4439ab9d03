/** Tests of the command. {@link dev.closecrm.cli.CommandRun} runs it in this process and keeps what it printed. */
@NullMarked
package dev.closecrm.cli;

import org.jspecify.annotations.NullMarked;
