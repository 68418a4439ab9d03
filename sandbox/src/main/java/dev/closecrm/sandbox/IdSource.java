package dev.closecrm.sandbox;

import java.util.SplittableRandom;

/** Contact ids that look like the service's: {@code cont_} and 43 letters or digits, the same for the same seed. */
final class IdSource {

    private static final String ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    private static final int LENGTH = 43;

    private final SplittableRandom random;

    IdSource(long seed) {
        this.random = new SplittableRandom(seed);
    }

    synchronized String next() {
        StringBuilder id = new StringBuilder("cont_");
        for (int i = 0; i < LENGTH; i++) {
            id.append(ALPHABET.charAt(random.nextInt(ALPHABET.length())));
        }
        return id.toString();
    }
}
