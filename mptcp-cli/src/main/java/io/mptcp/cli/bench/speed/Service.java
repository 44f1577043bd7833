package io.mptcp.cli.bench.speed;

/** What a server does with a connection; the first byte of its stream says which. */
public enum Service {
    /** Reads as fast as it can. */
    SINK('s'),
    /** Writes as fast as it can. */
    SOURCE('w'),
    /** Sends every message back. */
    ECHO('e'),
    /** Sends one message back and ends its stream. */
    ONCE('o');

    /** Length of a message, the first byte included. */
    static final int MESSAGE_BYTES = 64;
    /** What bulk services read and write at a time; that of iperf3. */
    static final int BLOCK_BYTES = 128 << 10;

    private final byte letter;

    Service(char letter) {
        this.letter = (byte) letter;
    }

    byte letter() {
        return letter;
    }

    /** @return null for none */
    static Service of(byte letter) {
        for (Service service : values()) {
            if (service.letter == letter) {
                return service;
            }
        }
        return null;
    }
}
