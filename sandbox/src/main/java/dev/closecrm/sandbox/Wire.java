package dev.closecrm.sandbox;

import io.netty.channel.Channel;

/**
 * Where the answer to a request goes out, beneath the HTTP codec. It knows which exchange is under way, collects an answer
 * that is to be shaped, and hands it to its {@link Shape}. Used on the connection's event loop only.
 */
interface Wire {

    /** The wire beneath the channel on which a request has arrived. */
    static Wire of(Channel channel) {
        return ConnectionWire.of(channel);
    }

    /** A request has come in. What was before it ends here, should a client not have waited for its answer. */
    void begin(Exchange exchange);

    /** The answer to the present exchange is about to be written. */
    void expect(Shape shape, int status);
}
