/**
 * What a user of the client names: which contact ({@link dev.closecrm.core.ContactId}), on whose behalf
 * ({@link dev.closecrm.core.Credentials}), with which limits ({@link dev.closecrm.core.ConnectionOptions}), and what became
 * of it ({@link dev.closecrm.core.DeleteResult}, {@link dev.closecrm.core.DeleteOutcome}). Only values: nothing here does
 * I/O, waits or logs. Read {@code DeleteOutcome} first.
 */
@NullMarked
package dev.closecrm.core;

import org.jspecify.annotations.NullMarked;
