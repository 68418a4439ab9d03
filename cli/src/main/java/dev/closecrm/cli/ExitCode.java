package dev.closecrm.cli;

/** What the process returns to the shell, and how {@code --help} words it. */
final class ExitCode {

    static final int OK = 0;
    static final int ERROR = 1;
    static final int USAGE = 2;
    static final int SOME_FAILED = 3;
    static final int STOPPED_EARLY = 4;

    static final String OK_TEXT = "0:everything is deleted, or was already gone";
    static final String ERROR_TEXT = "1:anything else, such as a results file that cannot be written any more";
    static final String USAGE_TEXT =
            "2:the command cannot be carried out as given, or the answer was no; nothing was sent";
    static final String SOME_FAILED_TEXT =
            "3:the run went to its end, and some contacts failed; or --dry-run found lines that are not contact ids";
    static final String STOPPED_EARLY_TEXT =
            "4:the run was stopped early, for instance because the credentials were refused";

    static final String SIGNAL_TEXT = "129, 130, 143:SIGHUP, Ctrl-C or SIGTERM ended the run; --resume goes on with it";

    private ExitCode() {}
}
