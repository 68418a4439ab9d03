/**
 * From a checked id to the address of a request. What enters is a base URL and a {@link dev.closecrm.core.ContactId}; what
 * leaves is the one URL that deletes this contact and nothing else. Read {@code ApiEndpoint}; {@code TokenEndpoint} is the
 * other address there is.
 */
@NullMarked
package dev.closecrm.core.engine.request;

import org.jspecify.annotations.NullMarked;
