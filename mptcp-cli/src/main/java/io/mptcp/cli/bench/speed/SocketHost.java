package io.mptcp.cli.bench.speed;

import io.mptcp.cli.lab.LabException;
import io.mptcp.netty.host.MptcpStack;
import io.mptcp.netty.socket.MptcpSocketFactory;
import io.mptcp.wire.IpEndpoint;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;

/** Applications with a {@code java.net} socket and a thread each. */
final class SocketHost extends BulkOnlyHost {
    private final MptcpSocketFactory sockets;

    SocketHost(MptcpStack stack) {
        sockets = MptcpSocketFactory.over(stack);
    }

    @Override
    public Bulk bulk(IpEndpoint server, Service service) {
        try {
            Socket socket = sockets.createSocket(server.address().toString(), server.port());
            Thread thread = Thread.ofPlatform().daemon().name("socket-client").start(() -> run(socket, service));
            return () -> end(socket, thread);
        } catch (IOException e) {
            throw new LabException("the socket cannot connect: " + e.getMessage(), e);
        }
    }

    private void run(Socket socket, Service service) {
        byte[] block = new byte[Service.BLOCK_BYTES];
        try {
            OutputStream out = socket.getOutputStream();
            out.write(service.letter());
            while (service == Service.SINK) {
                out.write(block);
            }
            InputStream in = socket.getInputStream();
            for (int count = in.read(block); count >= 0; count = in.read(block)) {
                received.add(count);
            }
        } catch (IOException e) {
            return; // closed by end
        }
    }

    private static void end(Socket socket, Thread thread) {
        try {
            socket.setSoLinger(true, 0);
            socket.close();
            thread.join();
        } catch (IOException e) {
            throw new LabException("the socket cannot be closed: " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LabException("interrupted", e);
        }
    }
}
