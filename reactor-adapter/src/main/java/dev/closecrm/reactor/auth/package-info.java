/**
 * On whose behalf: where the credentials of each attempt come from. What enters is what the user configured; what leaves is the
 * {@link dev.closecrm.core.Credentials} of the moment. Read {@code CredentialsSource}.
 */
@NullMarked
package dev.closecrm.reactor.auth;

import org.jspecify.annotations.NullMarked;
