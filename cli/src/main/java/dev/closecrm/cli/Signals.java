package dev.closecrm.cli;

import java.lang.reflect.Proxy;

/**
 * Signals of the operating system. {@code sun.misc.Signal} is in every JDK, in the module {@code jdk.unsupported}, and the only
 * way to notice a second Ctrl-C: a shutdown hook runs once. It is looked up by name, since javac warns of each use of it and such
 * a warning cannot be switched off.
 */
final class Signals {

    private Signals() {}

    /**
     * Runs something at each such signal, in place of what the JVM does at it.
     *
     * @param name without the SIG
     * @return false if there is no such signal here, or the JVM was told to leave it alone ({@code -Xrs})
     */
    static boolean on(String name, Runnable action) {
        try {
            Class<?> signal = Class.forName("sun.misc.Signal");
            Class<?> handler = Class.forName("sun.misc.SignalHandler");
            Object ours = Proxy.newProxyInstance(
                    Signals.class.getClassLoader(), new Class<?>[] {handler}, (proxy, method, arguments) -> {
                        if (method.getName().equals("handle")) {
                            action.run();
                            return null;
                        }
                        return switch (method.getName()) {
                            // The JVM keeps handlers by signal and compares none of them.
                            case "equals" -> false;
                            case "hashCode" -> name.hashCode();
                            default -> "on SIG" + name;
                        };
                    });
            signal.getMethod("handle", signal, handler)
                    .invoke(null, signal.getConstructor(String.class).newInstance(name), ours);
            return true;
        } catch (ReflectiveOperationException e) {
            return false;
        }
    }
}
