package io.mptcp.cli.bench.speed;

import io.mptcp.wire.IpEndpoint;

/** Applications of a {@link StackSpeedHost} that hand their memory over where others have it copied. */
record HandingOverHost(StackSpeedHost host) implements SpeedHost {
    @Override
    public Bulk bulk(IpEndpoint server, Service service) {
        return host.bulk(server, service, new HandedOverBlocks());
    }

    @Override
    public long[] echo(IpEndpoint server, long durationNanos) {
        return host.echo(server, durationNanos);
    }

    @Override
    public long exchanges(IpEndpoint server, long durationNanos) {
        return host.exchanges(server, durationNanos);
    }

    @Override
    public long receivedBytes() {
        return host.receivedBytes();
    }

    @Override
    public void close() {
        host.close();
    }
}
