package io.mptcp.cli.bench.speed;

import io.mptcp.cli.bench.speed.SpeedNetwork.Server;

/**
 * One thing that is measured.
 *
 * @param title     for the report
 * @param reference title of the case that is the kernel's part of the comparison, null when this is one
 * @param client    opens the connections
 * @param service   what the connections do
 * @param subflows  of the kernel's connections
 * @param streams   connections at a time
 */
record SpeedCase(String title, String reference, SpeedHost client, Server server, Service service, int subflows, int streams) {
    /** The end that reads the payload of a bulk transfer. */
    SpeedHost receiver() {
        return service == Service.SINK ? server.host() : client;
    }
}
