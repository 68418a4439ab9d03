package dev.closecrm.sandbox;

/** A server that could also speak HTTP/2 does wrong over HTTP/1.1 as well as one that could not. */
class FaultsBesideHttp2Test extends FaultsOnTheWireTest {

    @Override
    CloseCrmSandbox.Builder settings(CloseCrmSandbox.Builder builder) {
        return builder.http2();
    }
}
