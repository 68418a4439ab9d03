/**
 * Every error the client reports, sealed under {@link dev.closecrm.core.error.CloseCrmException}, with what they carry. An
 * error says what happened, whether calling again can help, and whether the contact may be gone all the same
 * ({@link dev.closecrm.core.error.Delivery}). Read {@code CallException} first.
 */
@NullMarked
package dev.closecrm.core.error;

import org.jspecify.annotations.NullMarked;
