package dev.closecrm.reactor.matrix;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Says over what the test of a row of the fault matrix runs. The row is the number in the method's name. A method that takes an
 * {@link Over}, or whose class does, needs none of this: it runs over both versions of HTTP.
 */
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
public @interface Row {

    /** What it runs over, and why over nothing else. */
    String runs();
}
