package io.mptcp.stack;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConnectOptionsTest {
    @ParameterizedTest
    @CsvSource({"ALWAYS, , true", "IF_WANTED, , false", "NEVER, , false", "ALWAYS, false, false", "IF_WANTED, true, true", "NEVER, true, false"})
    void aConnectionAsksForChecksumsIfItIsToldSoUnlessItsStackRefusesThem(ChecksumPolicy ofStack, Boolean ofConnection, boolean asks) {
        StackConfig config = StackConfig.defaults().withChecksumPolicy(ofStack);
        assertEquals(asks, ConnectOptions.DEFAULT.withChecksum(ofConnection).asksForChecksum(config));
    }
}
