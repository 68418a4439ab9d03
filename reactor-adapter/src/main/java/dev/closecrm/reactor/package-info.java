/**
 * The client. What enters is contact ids, one or a stream of them; what leaves is how each call ended. Read
 * {@link dev.closecrm.reactor.CloseCrmClient} for what it promises and {@code DeleteCall} for what happens to one call, from
 * top to bottom.
 */
@NullMarked
package dev.closecrm.reactor;

import org.jspecify.annotations.NullMarked;
