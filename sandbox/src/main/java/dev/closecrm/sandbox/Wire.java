package dev.closecrm.sandbox;

import io.netty.channel.Channel;
import io.netty.handler.codec.http2.Http2StreamChannel;

/**
 * Where the answer to a request goes out, beneath the HTTP codec: onto the connection in HTTP/1.1, onto the request's own
 * stream in HTTP/2. It knows which exchange is under way, collects an answer that is to be shaped, and hands it to its
 * {@link Shape}. Used on the connection's event loop only.
 */
interface Wire {

    /** The wire beneath the channel on which a request has arrived. */
    static Wire of(Channel channel) {
        return channel instanceof Http2StreamChannel stream ? StreamWire.of(stream) : ConnectionWire.of(channel);
    }

    /** A request has come in. What was before it ends here, should a client not have waited for its answer. */
    void begin(Exchange exchange);

    /** The answer to the present exchange is about to be written. */
    void expect(Shape shape, int status);
}
