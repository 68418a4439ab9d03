package dev.closecrm.core;

/** How it is known that a contact was deleted. */
public enum Confirmation {
    /** The service answered that it deleted the contact. */
    CONFIRMED,
    /**
     * The contact is not there now, and an attempt whose answer was lost may have removed it: the service answered 404 after
     * such an attempt. Somebody else may have removed it in the same moment; the service offers no way to tell.
     */
    INFERRED
}
