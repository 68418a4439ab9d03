package dev.closecrm.reactor.http;

import dev.closecrm.core.engine.response.ResponseHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Netty's headers, as the readers want to see them. */
record NettyHeaders(HttpHeaders headers) implements ResponseHeaders {

    @Override
    public List<String> all(String name) {
        return headers.getAll(name);
    }

    @Override
    public @Nullable String first(String name) {
        return headers.get(name);
    }
}
