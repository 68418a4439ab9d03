/**
 * How much of the quota is left, and when the next request may go. In go the moments at which requests leave and what their answers
 * say; out come permission, or how long to wait. Read {@link dev.closecrm.core.engine.quota.QuotaBook} first.
 */
@NullMarked
package dev.closecrm.core.engine.quota;

import org.jspecify.annotations.NullMarked;
