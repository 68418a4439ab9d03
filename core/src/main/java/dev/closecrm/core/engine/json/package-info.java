/**
 * JSON from strangers. What enters is the bytes of a body; what leaves is a tree, or nothing. Read {@code BoundedJson}.
 */
@NullMarked
package dev.closecrm.core.engine.json;

import org.jspecify.annotations.NullMarked;
