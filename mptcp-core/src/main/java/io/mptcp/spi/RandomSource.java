package io.mptcp.spi;

/** The only source of randomness of a stack: cryptographically strong in production, seeded in tests and simulations. */
@FunctionalInterface
public interface RandomSource {
    long nextLong();
}
