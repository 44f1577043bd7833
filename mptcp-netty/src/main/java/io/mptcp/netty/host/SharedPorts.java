package io.mptcp.netty.host;

import io.mptcp.netty.linux.LinuxException;
import io.mptcp.netty.linux.PortReservation;

/** The reserved ports of a stack with several event loops: there as long as any of them has a packet link. */
public final class SharedPorts {
    private final int slots;
    private PortReservation ports;
    private int users;

    /** @param slots how many to take, if there are as many */
    SharedPorts(int slots) {
        this.slots = slots;
    }

    synchronized PortReservation acquire() throws LinuxException {
        if (users == 0) {
            ports = PortReservation.forClients(slots);
        }
        users++;
        return ports;
    }

    synchronized void release() {
        users--;
        if (users == 0) {
            ports.close();
            ports = null;
        }
    }
}
