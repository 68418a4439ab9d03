package dev.closecrm.reactor.http;

import io.netty.handler.ssl.NotSslRecordException;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLProtocolException;
import org.jspecify.annotations.Nullable;

/**
 * What a failed handshake means, in words that say what to do.
 *
 * @param permanent whether the same would happen again
 * @param words what happened, or null if the error's own words say it as well
 */
record TlsFault(boolean permanent, @Nullable String words) {

    /** Reads the error of a handshake that was not ended by its time limit. */
    static TlsFault of(Throwable error) {
        if (Causes.find(error, NotSslRecordException.class) != null) {
            // Its own words quote the bytes that came.
            return new TlsFault(
                    true,
                    "the server does not speak TLS on this port; are scheme and port of the base URL those of an HTTPS server?");
        }
        Throwable last = Causes.last(error);
        String said = last.getMessage() == null ? last.getClass().getSimpleName() : last.getMessage();
        if (last instanceof CertificateExpiredException) {
            return new TlsFault(true, "the server's certificate has expired: " + said);
        }
        if (last instanceof CertificateNotYetValidException) {
            return new TlsFault(true, "the server's certificate is not valid yet, or the clock here is wrong: " + said);
        }
        if (Causes.find(error, CertPathBuilderException.class) != null) {
            return new TlsFault(
                    true,
                    "the server's certificate is not trusted: " + said
                            + "; if it comes from an authority of your own, name that in trustedCertificates");
        }
        if (Causes.find(error, CertificateException.class) != null) {
            // A host name that does not match comes as the plain class.
            return new TlsFault(true, "the server's certificate is refused: " + said);
        }
        if (said.contains("protocol_version") || said.contains("protocol version")) {
            return new TlsFault(
                    true, "the server offers no version of TLS that is safe; it must speak 1.2 or 1.3: " + said);
        }
        boolean refused = Causes.find(error, SSLHandshakeException.class) != null
                || Causes.find(error, SSLProtocolException.class) != null;
        // A connection that ended in the middle of a handshake says nothing about the next one.
        return refused ? new TlsFault(true, null) : new TlsFault(false, "the connection ended during the handshake");
    }
}
