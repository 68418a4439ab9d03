package dev.closecrm.core.error;

import java.io.Serializable;

/**
 * How far a bulk run got.
 *
 * @param deleted items that are deleted, confirmed or inferred
 * @param notFound items that were not there
 * @param failed items that failed, invalid ids among them
 * @param notAttempted items that were pulled and not sent
 * @param duplicates items that repeated an earlier one
 * @param nextIndex the index of the first item that was not pulled from the source
 * @param watermark every item below this index has a result that stands: who goes on from here with a later run misses nothing. An
 *     item that was not attempted has none
 */
public record BulkSummary(
        long deleted, long notFound, long failed, long notAttempted, long duplicates, long nextIndex, long watermark)
        implements Serializable {}
