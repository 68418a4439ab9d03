/**
 * An embedded server that behaves like the contact part of the Close API. HTTP requests enter on a loopback port; what
 * leaves are the API's answers, or the {@link dev.closecrm.sandbox.Faults faults} a test has scripted, and a
 * {@link dev.closecrm.sandbox.Ledger} that knows what was really done even if the answer was lost. Nothing is shared between
 * two sandboxes. Read {@link dev.closecrm.sandbox.CloseCrmSandbox} first.
 */
@NullMarked
package dev.closecrm.sandbox;

import org.jspecify.annotations.NullMarked;
