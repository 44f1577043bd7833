package io.mptcp.cli.interop;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.cli.interop.Transfer.Received;
import io.mptcp.cli.lab.EmulatedPath;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Where Multipath TCP is put to use: who has one link and who has several. What each link carried is the witness. */
class DeploymentPatternsTest extends RoutedInteropTest {
    /** Of two equal links, or of three subflows over four. */
    private static final double LEAST_SHARE = 0.15;

    private static void assertAllUsed(List<EmulatedPath> links, String whose) {
        List<Long> carried = carried(links);
        double all = carried.stream().mapToLong(Long::longValue).sum();
        System.out.println(whose + " links carried, in percent: " + carried.stream().map(bytes -> Math.round(100 * bytes / all)).toList());
        assertTrue(carried.stream().allMatch(bytes -> bytes > LEAST_SHARE * all), () -> whose + " links carried " + carried);
    }

    @ParameterizedTest
    @EnumSource
    void aClientWithOneLinkReachesBothLinksOfAServer(Ends ends) throws Exception {
        build(ends, 1, 2, false);
        connect();
        upload();
        assertAllUsed(network.serverLinks, "the server's");
    }

    @ParameterizedTest
    @EnumSource
    void aClientWithTwoLinksUsesBothToAServerWithOne(Ends ends) throws Exception {
        build(ends, 2, 1, false);
        connect();
        upload();
        assertAllUsed(network.clientLinks, "the client's");
    }

    @ParameterizedTest
    @EnumSource
    void whereBothHaveTwoLinksAllFourAreUsed(Ends ends) throws Exception {
        build(ends, 2, 2, false);
        connect();
        upload();
        assertAllUsed(network.clientLinks, "the client's");
        assertAllUsed(network.serverLinks, "the server's");
    }

    /** The first link says nothing more in the middle of the upload; until then the second has carried no payload. */
    @ParameterizedTest
    @EnumSource
    void aMobileLinkIsForWhenTheOtherIsGone(Ends ends) throws Exception {
        build(ends, 2, 1, true);
        connect();
        CompletableFuture<Received> upload = startUpload();
        await("a third of the upload", () -> carried(network.clientLinks).getFirst() > BYTES / 3);
        long byBackup = carried(network.clientLinks).getLast();
        network.clientLinks.getFirst().cut();
        finish(upload);
        assertTrue(byBackup < BYTES / 100, "bytes over the backup while the other worked: " + byBackup);
        List<Long> carried = carried(network.clientLinks);
        System.out.println("the backup carried " + byBackup + " bytes before the other link was gone, " + (carried.getLast() - byBackup) + " after that");
        assertTrue(carried.getLast() > BYTES / 4, "links carried " + carried);
    }
}
