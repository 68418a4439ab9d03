/**
 * One HTTP exchange on Reactor Netty; the only package that knows Netty. What enters is a contact and credentials; what
 * leaves is an {@code AttemptResult} of core and never an error. Read {@code NettyTransport}, then {@code ResponseGuard},
 * which makes sure that an answer belongs to its request. {@code NettyTokenExchange} is the same for access tokens.
 */
@NullMarked
package dev.closecrm.reactor.http;

import org.jspecify.annotations.NullMarked;
