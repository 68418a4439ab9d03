/**
 * From the results of attempts to the end of a call. What enters is an
 * {@link dev.closecrm.core.engine.response.AttemptResult} and what the call knows so far; what leaves is the outcome. Read
 * {@code Verdict}: it holds the rule that a 404 after a lost answer is a deletion.
 */
@NullMarked
package dev.closecrm.core.engine.retry;

import org.jspecify.annotations.NullMarked;
