/**
 * What a delete costs. Each benchmark has a twin on bare Reactor Netty that sends the same request to the same server, so that
 * the ratio of the two is the price of the client. Read {@code SingleDelete} first; the command stands in its Javadoc.
 */
package dev.closecrm.benchmarks;
