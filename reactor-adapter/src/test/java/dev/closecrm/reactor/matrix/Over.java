package dev.closecrm.reactor.matrix;

import dev.closecrm.core.Protocol;

/** What a row runs over. */
public enum Over {
    HTTP_1_1(Protocol.HTTP_1_1),
    /** In the clear, by prior knowledge. */
    HTTP_2(Protocol.HTTP_2);

    private final Protocol protocol;

    Over(Protocol protocol) {
        this.protocol = protocol;
    }

    Protocol protocol() {
        return protocol;
    }
}
