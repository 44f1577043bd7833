package io.mptcp.sim.script;

import static io.mptcp.sim.script.Packet.packet;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mptcp.stack.MptcpConnection;
import io.mptcp.stack.StackConfig;
import io.mptcp.wire.MptcpOption;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** The example of docs/packet-scripts.md, and that it is the example. */
class PacketScriptExampleTest {
    // example begins
    @Test
    void synAckThatIsLostIsSentAgainAfterASecondAndTheConnectionIsMptcpAllTheSame() {
        Script script = new Script(StackConfig.defaults()).listen();
        FakePeer peer = FakePeer.client(script).mptcp();
        peer.inject(peer.syn().option(peer.mpCapableSyn()));
        peer.expect(packet("S.").seq(0).ack(1)).option(MptcpOption.MpCapableSynAck.class);

        peer.learnKey(peer.expectAt(1_000, packet("S.").seq(0).ack(1)));
        peer.inject(packet(".").option(peer.mpCapableAck()));
        peer.send("ping");
        peer.expect(packet(".").seq(1).ack(5)).dataAck(5);

        MptcpConnection connection = script.accepted();
        assertEquals("ping", Script.read(connection));
        Script.write(connection, "pong");
        peer.expect(packet("P.").seq(1).data("pong")).mapping(1, 1, 4);
        peer.ack();
        script.expectNothingUntil(60_000);
    }
    // example ends

    @Test
    void theExampleInTheDocumentationIsThisOne() throws IOException {
        Path page = Path.of("").toAbsolutePath().getParent().resolve("docs/packet-scripts.md");
        assumeTrue(Files.exists(page), "docs/packet-scripts.md is not there: the tests do not run in the source tree");
        String source = Files.readString(page.resolveSibling(
                "../mptcp-sim/src/test/java/io/mptcp/sim/script/PacketScriptExampleTest.java").normalize());
        String example = source.substring(source.indexOf("// example begins\n") + 18, source.indexOf("    // example ends\n"));
        assertTrue(Files.readString(page).contains(example), "docs/packet-scripts.md shows another example than the one tested");
    }
}
