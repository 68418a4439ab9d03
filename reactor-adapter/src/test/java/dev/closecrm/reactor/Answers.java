package dev.closecrm.reactor;

/** Answers as bytes. */
public final class Answers {

    public static final String OK = json(200, "{}");
    public static final String NOT_FOUND = json(404, "{\"error\": \"Not found\"}");
    public static final String EARLY_HINTS = "HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n";
    public static final String PROCESSING = "HTTP/1.1 102 Processing\r\n\r\n";
    public static final String CONTINUE = "HTTP/1.1 100 Continue\r\n\r\n";

    private Answers() {}

    /** With more headers: a name, its value, and so on. */
    public static String json(int status, String body, String... headers) {
        StringBuilder more = new StringBuilder("application/json");
        for (int i = 0; i < headers.length; i += 2) {
            more.append("\r\n").append(headers[i]).append(": ").append(headers[i + 1]);
        }
        return with(status, more.toString(), body);
    }

    public static String html(int status) {
        return with(status, "text/html", "<html><body>Welcome to the hotel</body></html>");
    }

    /** The API's answer about a contact that exists if its id ends in a 1. */
    public static String about(String contactId) {
        return contactId.endsWith("1") ? OK : NOT_FOUND;
    }

    private static String with(int status, String type, String body) {
        return "HTTP/1.1 " + status + " Whatever\r\nContent-Type: " + type + "\r\nContent-Length: " + body.length()
                + "\r\n\r\n" + body;
    }
}
