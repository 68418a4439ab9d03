package dev.closecrm.core;

/** Which version of HTTP the client speaks. */
public enum Protocol {
    /** HTTP/1.1: one call at a time on a connection. */
    HTTP_1_1,
    /**
     * HTTP/2: many calls at once on a connection. Over https it is negotiated (ALPN), and HTTP/1.1 is spoken where the service
     * does not offer it. Over plain http the service has to expect it (h2c with prior knowledge).
     */
    HTTP_2
}
