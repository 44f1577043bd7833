package io.mptcp.cli.testport;

import io.mptcp.cli.CommandFailure;
import io.mptcp.cli.CommonOptions;
import io.mptcp.cli.ExitCodes;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code mptcp testport-ctl}: configures the newest session of a test port. */
@Command(name = "testport-ctl",
        description = "Configures the newest session of 'mptcp testport': ip addr, ip mptcp endpoint, ip mptcp limits, sysctl, nstat.",
        footer = {"", "Examples:",
            "  mptcp testport-ctl --socket /run/port.sock sysctl -w net.ipv4.tcp_timestamps=0",
            "  mptcp testport-ctl --socket /run/port.sock ip mptcp endpoint add 192.168.0.3 subflow",
            "  mptcp testport-ctl --socket /run/port.sock nstat -zjs"})
public final class TestPortControlCommand implements Callable<Integer> {
    @Mixin
    private CommonOptions common;

    @Option(names = "--socket", paramLabel = "PATH", required = true, description = "The UNIX socket of the test port.")
    private Path path;

    @Parameters(arity = "1..*", paramLabel = "COMMAND", description = "ip, sysctl or nstat, with its arguments.")
    private List<String> words;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(path))) {
            byte[] text = String.join("\0", words).getBytes(StandardCharsets.UTF_8);
            ByteBuffer request = ByteBuffer.allocate(14 + text.length);
            request.putInt(10 + text.length).put((byte) Op.CONTROL).put((byte) 0).putLong(0).put(text).flip();
            while (request.hasRemaining()) {
                channel.write(request);
            }
            DataInputStream in = new DataInputStream(Channels.newInputStream(channel));
            byte[] reply = in.readNBytes(in.readInt());
            String output = new String(reply, 21, reply.length - 21, StandardCharsets.UTF_8);
            if (ByteBuffer.wrap(reply).getLong(5) != 0) {
                throw CommandFailure.failed(output.strip());
            }
            spec.commandLine().getOut().print(output);
            spec.commandLine().getOut().flush();
            return ExitCodes.OK;
        } catch (IOException e) {
            throw CommandFailure.failed("no test port answers on " + path + " (start one with 'mptcp testport --socket " + path + "')", e);
        }
    }
}
