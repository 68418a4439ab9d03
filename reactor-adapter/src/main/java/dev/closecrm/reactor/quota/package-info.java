/**
 * One quota for several clients: in one process, or in many that share a store. What enters is how many calls of an account wait,
 * and what answers said; what leaves are permits to send. Read {@link dev.closecrm.reactor.quota.QuotaCoordinator} first.
 */
@NullMarked
package dev.closecrm.reactor.quota;

import org.jspecify.annotations.NullMarked;
