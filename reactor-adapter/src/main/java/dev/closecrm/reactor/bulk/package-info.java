/**
 * Many calls as one run. What enters is a stream of items and the way to make one call; what leaves is a result for each item,
 * in the order in which the calls end. Read {@code BulkRun}.
 */
@NullMarked
package dev.closecrm.reactor.bulk;

import org.jspecify.annotations.NullMarked;
