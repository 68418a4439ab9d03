/**
 * What an answer means. What enters is a status, headers and a bounded body, as plain values; what leaves is an
 * {@link dev.closecrm.core.engine.response.AttemptResult}. No answer, however strange, makes the reading fail. Read
 * {@code ResponseReader} first; the table of its test is the specification.
 */
@NullMarked
package dev.closecrm.core.engine.response;

import org.jspecify.annotations.NullMarked;
