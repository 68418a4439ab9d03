/**
 * Where the credentials of an attempt come from. What enters is a fixed key, or an OAuth 2.0 refresh token; what leaves is
 * {@link dev.closecrm.core.Credentials} that are good now. Read {@link dev.closecrm.reactor.auth.OAuth2Credentials} to set it
 * up, and {@code RenewingCredentials} for how one renewal serves all calls that need it.
 */
@NullMarked
package dev.closecrm.reactor.auth;

import org.jspecify.annotations.NullMarked;
