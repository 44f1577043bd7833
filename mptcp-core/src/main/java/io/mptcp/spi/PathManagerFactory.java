package io.mptcp.spi;

/** Makes a path manager for one connection. */
@FunctionalInterface
public interface PathManagerFactory {
    PathManager create();

    /**
     * Makes one of a certain kind, for a connection that asks for it.
     *
     * @throws IllegalArgumentException when there is no such kind; this one knows of none
     */
    default PathManager create(String kind) {
        throw new IllegalArgumentException("this path manager has no kinds: " + kind);
    }
}
