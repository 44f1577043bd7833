package io.mptcp.cli.bench.speed;

/**
 * What one run of a case gave.
 *
 * @param figures Gbit/s; or p50 and p99 in microseconds; or connections per second
 * @param cpu     processor seconds of both ends together: per gigabyte, or for a thousand messages or connections
 */
record SpeedSample(SpeedCase measured, int run, double[] figures, double cpu) {
}
