package dev.closecrm.core;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;

/**
 * Several API keys of one organisation, used together: each has a quota of its own, and the organisation has three times that of a
 * key. Made by {@link Credentials#keys}.
 *
 * <p>Which key a call uses is decided by what each has left. A key that is refused with 401 is not used any more, and the others go
 * on. That all belong to one organisation cannot be seen from outside: a key of another one answers 404 for everything. So a 404
 * is believed from a key that has had a success; before that another key is asked too.
 */
public final class ApiKeys {

    /** More would have no use: the organisation's limit is that of three. */
    private static final int MOST = 16;

    private final List<Credentials> keys;

    ApiKeys(List<String> keys) {
        if (keys.isEmpty() || keys.size() > MOST) {
            throw new IllegalArgumentException(
                    "there must be from 1 to " + MOST + " keys, but there are " + keys.size());
        }
        List<Credentials> checked = new ArrayList<>();
        for (int i = 0; i < keys.size(); i++) {
            try {
                checked.add(Credentials.apiKey(keys.get(i)));
            } catch (IllegalArgumentException e) {
                if (keys.size() == 1) {
                    throw e;
                }
                throw new IllegalArgumentException("key " + (i + 1) + " of " + keys.size() + ": " + e.getMessage(), e);
            }
        }
        if (new HashSet<>(checked).size() < checked.size()) {
            throw new IllegalArgumentException(
                    "one key is there twice, which does not double its quota; name each key once");
        }
        this.keys = List.copyOf(checked);
    }

    /**
     * The keys, in the order in which they were given.
     *
     * @return at least one
     */
    public List<Credentials> all() {
        return keys;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ApiKeys that && keys.equals(that.keys);
    }

    @Override
    public int hashCode() {
        return keys.hashCode();
    }

    /** How many keys there are, and no more. */
    @Override
    public String toString() {
        return "ApiKeys[" + keys.size() + "]";
    }
}
