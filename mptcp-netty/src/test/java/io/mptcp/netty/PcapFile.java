package io.mptcp.netty;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/** Just enough of a pcapng reader to check what {@link PcapWriter} wrote; refuses whatever is not well-formed. */
public final class PcapFile {
    public record Packet(int interfaceId, long timestampNanos, int direction, byte[] bytes) {
    }

    public final List<String> interfaces = new ArrayList<>();
    public final List<Packet> packets = new ArrayList<>();

    private PcapFile() {
    }

    public static PcapFile parse(byte[] content) {
        PcapFile file = new PcapFile();
        ByteBuffer in = ByteBuffer.wrap(content).order(ByteOrder.nativeOrder());
        boolean first = true;
        while (in.hasRemaining()) {
            int start = in.position();
            int type = in.getInt();
            int length = in.getInt();
            check(length % 4 == 0 && length >= 12 && length <= in.limit() - start, "block length " + length);
            check(in.getInt(start + length - 4) == length, "trailing block length");
            check(first == (type == PcapWriter.SECTION_HEADER_BLOCK), "section header first");
            ByteBuffer body = in.slice(start + 8, length - 12).order(ByteOrder.nativeOrder());
            switch (type) {
                case PcapWriter.SECTION_HEADER_BLOCK -> check(body.getInt() == PcapWriter.BYTE_ORDER_MAGIC && body.getShort() == 1, "magic");
                case PcapWriter.INTERFACE_DESCRIPTION_BLOCK -> file.readInterface(body);
                case PcapWriter.ENHANCED_PACKET_BLOCK -> file.readPacket(body);
                default -> throw new AssertionError("block type " + type);
            }
            first = false;
            in.position(start + length);
        }
        return file;
    }

    private void readInterface(ByteBuffer body) {
        check(body.getShort() == PcapWriter.LINKTYPE_RAW, "link type");
        body.getShort();
        check(body.getInt() == 0, "snap length");
        byte[] resolution = option(body.slice().order(body.order()), PcapWriter.OPTION_IF_TSRESOL);
        check(resolution.length == 1 && resolution[0] == 9, "nanoseconds");
        interfaces.add(new String(option(body, PcapWriter.OPTION_IF_NAME), java.nio.charset.StandardCharsets.UTF_8));
    }

    private void readPacket(ByteBuffer body) {
        int id = body.getInt();
        check(id >= 0 && id < interfaces.size(), "interface id");
        long time = (long) body.getInt() << 32 | body.getInt() & 0xffff_ffffL;
        int captured = body.getInt();
        check(captured == body.getInt(), "original length");
        byte[] bytes = new byte[captured];
        body.get(bytes);
        while (body.position() % 4 != 0) {
            check(body.get() == 0, "padding");
        }
        packets.add(new Packet(id, time, ByteBuffer.wrap(option(body, PcapWriter.OPTION_EPB_FLAGS)).order(body.order()).getInt(), bytes));
    }

    private static byte[] option(ByteBuffer options, int wanted) {
        while (true) {
            int code = options.getShort();
            byte[] value = new byte[options.getShort()];
            options.get(value);
            while (options.position() % 4 != 0) {
                options.get();
            }
            if (code == wanted) {
                return value;
            }
            check(code != 0, "option " + wanted);
        }
    }

    private static void check(boolean condition, String what) {
        if (!condition) {
            throw new AssertionError("not well-formed: " + what);
        }
    }
}
