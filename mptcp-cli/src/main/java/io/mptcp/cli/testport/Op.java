package io.mptcp.cli.testport;

/** Numbers of the operations, see docs/test-port.md. */
final class Op {
    static final int HELLO = 1;
    static final int SOCKET = 2;
    static final int BIND = 3;
    static final int LISTEN = 4;
    static final int ACCEPT = 5;
    static final int CONNECT = 6;
    static final int READ = 7;
    static final int WRITE = 8;
    static final int CLOSE = 9;
    static final int SHUTDOWN = 10;
    static final int GETOPT = 11;
    static final int SETOPT = 12;
    static final int POLL = 13;
    static final int FCNTL = 14;
    static final int IOCTL = 15;
    static final int NETSEND = 16;
    static final int NETRECV = 17;
    static final int ADVANCE = 18;
    static final int ATTACH = 19;
    static final int CONTROL = 20;
    static final int SENDTO = 21;
    static final int EPOLL_CREATE = 22;
    static final int EPOLL_CTL = 23;
    static final int EPOLL_WAIT = 24;
    static final int RECVMSG = 25;

    private Op() {
    }
}
