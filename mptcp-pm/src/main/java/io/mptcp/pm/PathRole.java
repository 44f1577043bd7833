package io.mptcp.pm;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** What a path may be used for. */
public enum PathRole {
    /** Carries data. */
    USE,
    /** Carries data only when no other can. */
    BACKUP,
    /** Carries nothing. */
    OFF;

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** @throws IllegalArgumentException naming the known roles when {@code name} is none */
    public static PathRole of(String name) {
        for (PathRole role : values()) {
            if (role.toString().equals(name)) {
                return role;
            }
        }
        throw new IllegalArgumentException("unknown role '" + name + "', use one of "
                + Arrays.stream(values()).map(PathRole::toString).collect(Collectors.joining(", ")));
    }
}
