/**
 * The renewal of an OAuth 2.0 access token (RFC 6749, section 6). What enters is a refresh token, and later the answer of the
 * token endpoint; what leaves is the form to send, what the answer means, and when to ask again. Read {@code TokenReader}; the
 * table of its test is the specification.
 */
@NullMarked
package dev.closecrm.core.engine.token;

import org.jspecify.annotations.NullMarked;
