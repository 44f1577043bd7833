package io.mptcp.tcp;

import io.mptcp.cc.CongestionControllers;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;

/** An established connection of 1000-byte segments without timestamps, for tests of its parts: nothing is sent or received but what a test says. */
final class TestTcb {
    static final int MSS = 1000;
    static final long MS = 1_000_000;

    SocketOptions options = SocketOptions.DEFAULT;
    /** What was told to the layer above, by name of the method. */
    final List<String> told = new ArrayList<>();
    final Tcb tcb;

    TestTcb() {
        this(TcpConfig.defaults());
    }

    TestTcb(TcpConfig config) {
        UpperLayer upper = (UpperLayer) Proxy.newProxyInstance(getClass().getClassLoader(), new Class<?>[] {UpperLayer.class},
                (proxy, method, arguments) -> answer(method.getName(), method.getReturnType()));
        tcb = new Tcb(config, upper, CongestionControllers.create("newreno"), true, 1500, 0, 1, 2, 1000, 0, new TcpScratch(10));
        tcb.state = TcpState.ESTABLISHED;
        tcb.sackOn = true;
        tcb.sndUna = 1;
        tcb.sndNxt = 1;
        tcb.path.takePeerMss(MSS);
        tcb.cc.onEstablished(0, MSS, false);
    }

    private Object answer(String method, Class<?> type) {
        if (type == void.class) {
            told.add(method);
            return null;
        }
        if (type == SocketOptions.class) {
            return options;
        }
        return type == long.class ? (Object) 0L : type == int.class ? (Object) 0 : type == boolean.class ? (Object) false : null;
    }

    /** A full segment leaves. */
    void send(double atMillis) {
        tcb.recovery();
        tcb.log.append(tcb.sndNxt, MSS, 0, tcb.sndNxt, -1, Math.round(atMillis * MS));
        tcb.sndNxt += MSS;
    }

    /** Where segment {@code n} begins, counted from 0. */
    static long ssn(int n) {
        return 1 + (long) n * MSS;
    }
}
