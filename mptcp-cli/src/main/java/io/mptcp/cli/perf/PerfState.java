package io.mptcp.cli.perf;

/** States of iperf3's control connection: one signed byte each, sent by whoever enters the state. */
enum PerfState {
    TEST_START(1),
    TEST_RUNNING(2),
    TEST_END(4),
    PARAM_EXCHANGE(9),
    CREATE_STREAMS(10),
    SERVER_TERMINATE(11),
    CLIENT_TERMINATE(12),
    EXCHANGE_RESULTS(13),
    DISPLAY_RESULTS(14),
    IPERF_START(15),
    IPERF_DONE(16),
    ACCESS_DENIED(-1),
    SERVER_ERROR(-2);

    private final byte code;

    PerfState(int code) {
        this.code = (byte) code;
    }

    byte code() {
        return code;
    }

    /** @return null for a byte that is no state */
    static PerfState of(byte code) {
        for (PerfState state : values()) {
            if (state.code == code) {
                return state;
            }
        }
        return null;
    }
}
