package io.mptcp.spi;

/** Makes a path manager for one connection. */
@FunctionalInterface
public interface PathManagerFactory {
    PathManager create();
}
