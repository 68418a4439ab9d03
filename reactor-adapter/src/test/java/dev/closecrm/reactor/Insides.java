package dev.closecrm.reactor;

import dev.closecrm.reactor.http.OpenConnections;

/** Lets tests of other packages look into a client. */
public final class Insides {

    private Insides() {}

    /** How many calls hold a permit, wait for one, or rest before another attempt. */
    public static int callsUnderWay(CloseCrmClient client) {
        PermitGate gate = ((DefaultCloseCrmClient) client).gate;
        return gate.inFlight() + gate.waiting() + gate.resting();
    }

    /** How many calls rest before another attempt. */
    public static int resting(CloseCrmClient client) {
        return ((DefaultCloseCrmClient) client).gate.resting();
    }

    public static int openConnections(CloseCrmClient client) {
        return OpenConnections.of(((DefaultCloseCrmClient) client).transport);
    }
}
