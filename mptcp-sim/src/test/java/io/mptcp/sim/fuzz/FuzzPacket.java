package io.mptcp.sim.fuzz;

import io.mptcp.wire.PacketSlot;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HexFormat;

/** One packet on its way: the fields of a {@link PacketSlot}, with the TCP segment or ICMP message as bytes. */
final class FuzzPacket {
    long sourceHi;
    long sourceLo;
    long destinationHi;
    long destinationLo;
    int protocol;
    int ecn;
    int segmentSize;
    boolean verified;
    byte[] bytes;

    static FuzzPacket of(PacketSlot slot) {
        FuzzPacket packet = new FuzzPacket();
        packet.sourceHi = slot.sourceHi;
        packet.sourceLo = slot.sourceLo;
        packet.destinationHi = slot.destinationHi;
        packet.destinationLo = slot.destinationLo;
        packet.protocol = slot.protocol;
        packet.ecn = slot.ecn;
        packet.bytes = new byte[slot.totalLength()];
        MemorySegment bytes = MemorySegment.ofArray(packet.bytes);
        MemorySegment.copy(slot.buffer, slot.offset, bytes, 0, slot.length);
        slot.copyReferenced(0, slot.referencedLength(), bytes, slot.length);
        return packet;
    }

    FuzzPacket copy() {
        FuzzPacket copy = new FuzzPacket();
        copy.sourceHi = sourceHi;
        copy.sourceLo = sourceLo;
        copy.destinationHi = destinationHi;
        copy.destinationLo = destinationLo;
        copy.protocol = protocol;
        copy.ecn = ecn;
        copy.segmentSize = segmentSize;
        copy.verified = verified;
        copy.bytes = bytes.clone();
        return copy;
    }

    /** Puts it into a slot whose buffer and offset are set. */
    void to(PacketSlot slot) {
        slot.sourceHi = sourceHi;
        slot.sourceLo = sourceLo;
        slot.destinationHi = destinationHi;
        slot.destinationLo = destinationLo;
        slot.protocol = protocol;
        slot.ecn = ecn;
        slot.segmentSize = segmentSize;
        slot.checksumState = verified ? PacketSlot.CHECKSUM_VERIFIED : PacketSlot.CHECKSUM_UNVERIFIED;
        slot.length = bytes.length;
        slot.clearPayloadReference();
        MemorySegment.copy(bytes, 0, slot.buffer, ValueLayout.JAVA_BYTE, slot.offset, bytes.length);
    }

    @Override
    public String toString() {
        return "protocol " + protocol + ", " + bytes.length + " bytes: " + HexFormat.of().formatHex(bytes, 0, Math.min(bytes.length, 100));
    }
}
