/**
 * How well {@code closecrm delete} uses a rate limit, measured from outside: processes against a sandbox in a process of its
 * own. A case enters, the sandbox's log of it is counted, and a table and a chart leave. Read {@link
 * dev.closecrm.benchmarks.quota.QuotaMeasurement} first.
 */
@NullMarked
package dev.closecrm.benchmarks.quota;

import org.jspecify.annotations.NullMarked;
