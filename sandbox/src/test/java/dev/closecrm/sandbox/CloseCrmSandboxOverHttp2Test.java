package dev.closecrm.sandbox;

import java.net.http.HttpClient.Version;

/** The same answers, whichever version they come in. */
class CloseCrmSandboxOverHttp2Test extends CloseCrmSandboxTest {

    @Override
    Http client() {
        return Http.speaking(Version.HTTP_2);
    }

    @Override
    CloseCrmSandbox.Builder settings(CloseCrmSandbox.Builder builder) {
        return builder.http2();
    }
}
