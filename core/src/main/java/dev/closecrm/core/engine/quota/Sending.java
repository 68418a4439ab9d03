package dev.closecrm.core.engine.quota;

/**
 * One request that was let go, to be named again when it is known what became of it.
 *
 * @param key which of the client's keys it uses, from 0
 * @param sequence its number among all requests
 * @param ofKey its number among all that use the key
 * @param sentAt when it was let go, in nanoseconds of the monotonic clock
 */
public record Sending(int key, long sequence, long ofKey, long sentAt) {}
