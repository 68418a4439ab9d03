package dev.closecrm.cli;

import java.util.Objects;
import picocli.CommandLine.IVersionProvider;

/** The version of the jar the command runs from. */
final class Version implements IVersionProvider {

    @Override
    public String[] getVersion() {
        String version = Version.class.getPackage().getImplementationVersion();
        return new String[] {"closecrm " + Objects.requireNonNullElse(version, "(not run from its jar)")};
    }
}
