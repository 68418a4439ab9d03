package dev.closecrm.cli.input;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Words for what went wrong with a file. The messages of the JDK are often no more than the file's name. */
public final class FileTrouble {

    private FileTrouble() {}

    public static String of(Path file, IOException error) {
        return file + ": " + reason(file, error);
    }

    private static String reason(Path file, IOException error) {
        if (error instanceof NoSuchFileException) {
            return "no such file or directory";
        }
        if (error instanceof AccessDeniedException) {
            return "permission denied";
        }
        if (error instanceof FileAlreadyExistsException) {
            return "the file exists";
        }
        if (Files.isDirectory(file)) {
            return "is a directory";
        }
        String reason = error instanceof FileSystemException system ? system.getReason() : error.getMessage();
        return reason == null ? error.getClass().getSimpleName() : reason;
    }
}
