package io.mptcp.netty.socket;

import io.mptcp.netty.linux.KernelStreamSocket;
import io.mptcp.netty.linux.LinuxException;
import io.mptcp.netty.linux.Syscalls;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.util.Map;
import jdk.net.ExtendedSocketOptions;

/** The JDK's socket options as the kernel numbers them; for a Multipath TCP socket they hold for every subflow. */
final class KernelOptions {
    private record Number(int level, int option) {
    }

    private static final Map<SocketOption<?>, Number> NUMBERS = Map.of(
            StandardSocketOptions.TCP_NODELAY, new Number(Syscalls.IPPROTO_TCP, 1),
            StandardSocketOptions.SO_KEEPALIVE, new Number(Syscalls.SOL_SOCKET, 9),
            StandardSocketOptions.SO_SNDBUF, new Number(Syscalls.SOL_SOCKET, Syscalls.SO_SNDBUF),
            StandardSocketOptions.SO_RCVBUF, new Number(Syscalls.SOL_SOCKET, Syscalls.SO_RCVBUF),
            StandardSocketOptions.IP_TOS, new Number(Syscalls.IPPROTO_IP, 1),
            ExtendedSocketOptions.TCP_KEEPIDLE, new Number(Syscalls.IPPROTO_TCP, 4),
            ExtendedSocketOptions.TCP_KEEPINTERVAL, new Number(Syscalls.IPPROTO_TCP, 5),
            ExtendedSocketOptions.TCP_KEEPCOUNT, new Number(Syscalls.IPPROTO_TCP, 6));

    private KernelOptions() {
    }

    static void set(KernelStreamSocket socket, SocketOption<?> option, Object value) throws LinuxException {
        Number number = NUMBERS.get(option);
        socket.setOption(number.level, number.option, value instanceof Boolean on ? on ? 1 : 0 : (Integer) value);
    }

    @SuppressWarnings("unchecked")
    static <T> T get(KernelStreamSocket socket, SocketOption<T> option) throws LinuxException {
        Number number = NUMBERS.get(option);
        int value = socket.getOption(number.level, number.option);
        return option.type() == Boolean.class ? (T) (Boolean) (value != 0) : (T) (Integer) value;
    }
}
