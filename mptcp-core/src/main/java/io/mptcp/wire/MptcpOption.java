package io.mptcp.wire;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;

/**
 * One MPTCP option as a value, one record for each form: for tests, traces and dumps. The engine itself reads {@link MptcpOptions} and
 * writes through {@link OptionWriter}; this type stands on both and adds no knowledge of the format.
 */
public sealed interface MptcpOption {
    /** Stands for an absent checksum, as in {@link OptionWriter}. */
    int NO_CHECKSUM = -1;

    /** Writes the option; false when it does not fit or may not stand beside what is already there. */
    boolean writeTo(OptionWriter writer);

    /** MP_CAPABLE of a SYN (RFC 8684 section 3.1). */
    record MpCapableSyn(int version, int flags) implements MptcpOption {
        @Override
        public boolean writeTo(OptionWriter writer) {
            return writer.mpCapableSyn(version, flags);
        }

        @Override
        public String toString() {
            return "MP_CAPABLE v" + version + Text.flags(flags);
        }
    }

    /** MP_CAPABLE of a SYN/ACK. */
    record MpCapableSynAck(int version, int flags, long senderKey) implements MptcpOption {
        @Override
        public boolean writeTo(OptionWriter writer) {
            return writer.mpCapableSynAck(version, flags, senderKey);
        }

        @Override
        public String toString() {
            return "MP_CAPABLE v" + version + Text.flags(flags) + " sender " + Text.hex(senderKey);
        }
    }

    /** MP_CAPABLE of a segment without SYN and without payload. */
    record MpCapableAck(int version, int flags, long senderKey, long receiverKey) implements MptcpOption {
        @Override
        public boolean writeTo(OptionWriter writer) {
            return writer.mpCapableAck(version, flags, senderKey, receiverKey);
        }

        @Override
        public String toString() {
            return "MP_CAPABLE v" + version + Text.flags(flags) + " sender " + Text.hex(senderKey) + " receiver " + Text.hex(receiverKey);
        }
    }

    /** MP_CAPABLE of a segment with payload; {@code checksum} may be {@link #NO_CHECKSUM}. */
    record MpCapableData(int version, int flags, long senderKey, long receiverKey, int dataLevelLength, int checksum)
            implements MptcpOption {
        @Override
        public boolean writeTo(OptionWriter writer) {
            return writer.mpCapableData(version, flags, senderKey, receiverKey, dataLevelLength, checksum);
        }

        @Override
        public String toString() {
            return "MP_CAPABLE v" + version + Text.flags(flags) + " sender " + Text.hex(senderKey) + " receiver " + Text.hex(receiverKey)
                    + " length " + dataLevelLength + Text.checksum(checksum);
        }
    }

    /** MP_JOIN of a SYN (section 3.2). */
    record MpJoinSyn(boolean backup, int addressId, int token, int nonce) implements MptcpOption {
        @Override
        public boolean writeTo(OptionWriter writer) {
            return writer.mpJoinSyn(backup, addressId, token, nonce);
        }

        @Override
        public String toString() {
            return "MP_JOIN id " + addressId + (backup ? " backup" : "") + " token " + Text.hex(token) + " nonce " + Text.hex(nonce);
        }
    }

    /** MP_JOIN of a SYN/ACK. */
    record MpJoinSynAck(boolean backup, int addressId, long truncatedHmac, int nonce) implements MptcpOption {
        @Override
        public boolean writeTo(OptionWriter writer) {
            return writer.mpJoinSynAck(backup, addressId, truncatedHmac, nonce);
        }

        @Override
        public String toString() {
            return "MP_JOIN id " + addressId + (backup ? " backup" : "") + " hmac " + Text.hex(truncatedHmac) + " nonce " + Text.hex(nonce);
        }
    }

    /** MP_JOIN of a third ACK: its 20 bytes of HMAC as 8 + 8 + 4. */
    record MpJoinAck(long hmac0, long hmac1, int hmac2) implements MptcpOption {
        /** From the first 20 bytes of an HMAC. */
        public static MpJoinAck of(byte[] hmac) {
            MemorySegment bytes = MemorySegment.ofArray(hmac);
            return new MpJoinAck(Bytes.get64(bytes, 0), Bytes.get64(bytes, 8), Bytes.get32(bytes, 16));
        }

        @Override
        public boolean writeTo(OptionWriter writer) {
            byte[] hmac = new byte[OptionWriter.JOIN_ACK_HMAC_LENGTH];
            MemorySegment bytes = MemorySegment.ofArray(hmac);
            Bytes.put64(bytes, 0, hmac0);
            Bytes.put64(bytes, 8, hmac1);
            Bytes.put32(bytes, 16, hmac2);
            return writer.mpJoinAck(hmac);
        }

        @Override
        public String toString() {
            return "MP_JOIN hmac " + Text.hex(hmac0) + Text.hex(hmac1) + Text.hex(hmac2);
        }
    }

    /** DSS (section 3.3); {@code ack} and {@code mapping} may be null. */
    record Dss(DataAck ack, Mapping mapping) implements MptcpOption {
        public static Dss ofAck(boolean wide, long dataAck) {
            return new Dss(new DataAck(wide, dataAck), null);
        }

        public static Dss ofMapping(Mapping mapping) {
            return new Dss(null, mapping);
        }

        /** False also for a DSS with neither part, which nobody sends. */
        @Override
        public boolean writeTo(OptionWriter writer) {
            if (mapping != null) {
                return writer.dssMapping(ack != null, ack != null && ack.wide, ack == null ? 0 : ack.dataAck,
                        mapping.wide, mapping.dsn, mapping.ssn, mapping.dataLevelLength, mapping.dataFin, mapping.checksum);
            }
            return ack != null && writer.dssAck(ack.wide, ack.dataAck);
        }

        @Override
        public String toString() {
            return "DSS" + Objects.toString(ack, "") + Objects.toString(mapping, "");
        }
    }

    /** DATA_ACK of a DSS; {@code wide} for 64 bits on the wire. */
    record DataAck(boolean wide, long dataAck) {
        @Override
        public String toString() {
            return " ack " + Text.sequence(wide, dataAck);
        }
    }

    /** Mapping of a DSS; {@code wide} for 64 bits of DSN on the wire, {@code checksum} may be {@link #NO_CHECKSUM}. */
    record Mapping(boolean wide, long dsn, int ssn, int dataLevelLength, boolean dataFin, int checksum) {
        @Override
        public String toString() {
            return " dsn " + Text.sequence(wide, dsn) + " ssn " + Integer.toUnsignedString(ssn) + " length " + dataLevelLength
                    + (dataLevelLength == 0 ? " infinite" : "") + (dataFin ? " fin" : "") + Text.checksum(checksum);
        }
    }

    /** ADD_ADDR without the E bit (section 3.4.1); {@code port} 0 for none. */
    record AddAddr(int addressId, IpAddress address, int port, long hmac) implements MptcpOption {
        @Override
        public boolean writeTo(OptionWriter writer) {
            return writer.addAddr(addressId, address.hi(), address.lo(), port, hmac);
        }

        @Override
        public String toString() {
            return "ADD_ADDR id " + addressId + " " + Text.endpoint(address, port) + " hmac " + Text.hex(hmac);
        }
    }

    /** ADD_ADDR with the E bit; {@code port} 0 for none. */
    record AddAddrEcho(int addressId, IpAddress address, int port) implements MptcpOption {
        @Override
        public boolean writeTo(OptionWriter writer) {
            return writer.addAddrEcho(addressId, address.hi(), address.lo(), port);
        }

        @Override
        public String toString() {
            return "ADD_ADDR echo id " + addressId + " " + Text.endpoint(address, port);
        }
    }

    /** REMOVE_ADDR of 1 to 8 address ids (section 3.4.2). */
    record RemoveAddr(List<Integer> addressIds) implements MptcpOption {
        public RemoveAddr {
            addressIds = List.copyOf(addressIds);
        }

        @Override
        public boolean writeTo(OptionWriter writer) {
            return writer.removeAddr(addressIds.stream().mapToInt(Integer::intValue).toArray(), addressIds.size());
        }

        @Override
        public String toString() {
            return "REMOVE_ADDR id " + addressIds.stream().map(String::valueOf).collect(Collectors.joining(","));
        }
    }

    /** MP_PRIO (section 3.3.8). */
    record MpPrio(boolean backup) implements MptcpOption {
        @Override
        public boolean writeTo(OptionWriter writer) {
            return writer.mpPrio(backup);
        }

        @Override
        public String toString() {
            return backup ? "MP_PRIO backup" : "MP_PRIO regular";
        }
    }

    /** MP_FAIL (section 3.7). */
    record MpFail(long dsn) implements MptcpOption {
        @Override
        public boolean writeTo(OptionWriter writer) {
            return writer.mpFail(dsn);
        }

        @Override
        public String toString() {
            return "MP_FAIL dsn " + Text.hex(dsn);
        }
    }

    /** MP_FASTCLOSE (section 3.5). */
    record MpFastclose(long receiverKey) implements MptcpOption {
        @Override
        public boolean writeTo(OptionWriter writer) {
            return writer.mpFastclose(receiverKey);
        }

        @Override
        public String toString() {
            return "MP_FASTCLOSE key " + Text.hex(receiverKey);
        }
    }

    /** MP_TCPRST (section 3.6). */
    record MpTcpRst(int reason, boolean isTransient) implements MptcpOption {
        @Override
        public boolean writeTo(OptionWriter writer) {
            return writer.mpTcpRst(reason, isTransient);
        }

        @Override
        public String toString() {
            return "MP_TCPRST reason " + reason + " (" + Text.resetReason(reason) + ")" + (isTransient ? " transient" : "");
        }
    }

    /** The MPTCP options of the validated segment at {@code offset}, in the order of their subtypes; never throws. */
    static List<MptcpOption> decode(MemorySegment buffer, long offset, int payloadLength) {
        TcpOptions options = new TcpOptions();
        options.parse(buffer, offset, payloadLength);
        return of(options.mptcp);
    }

    /** What a parsed summary holds, in the order of the subtypes. */
    static List<MptcpOption> of(MptcpOptions options) {
        List<MptcpOption> list = new ArrayList<>();
        for (int subtype = 0; subtype <= MptcpOptions.SUBTYPE_MP_TCPRST; subtype++) {
            if (options.has(1 << subtype)) {
                list.add(of(options, subtype));
            }
        }
        return list;
    }

    private static MptcpOption of(MptcpOptions options, int subtype) {
        return switch (subtype) {
            case MptcpOptions.SUBTYPE_MP_CAPABLE -> mpCapable(options);
            case MptcpOptions.SUBTYPE_MP_JOIN -> mpJoin(options);
            case MptcpOptions.SUBTYPE_DSS -> dss(options);
            case MptcpOptions.SUBTYPE_ADD_ADDR -> addAddr(options);
            case MptcpOptions.SUBTYPE_REMOVE_ADDR -> removeAddr(options);
            case MptcpOptions.SUBTYPE_MP_PRIO -> new MpPrio(options.prioBackup);
            case MptcpOptions.SUBTYPE_MP_FAIL -> new MpFail(options.failDsn);
            case MptcpOptions.SUBTYPE_MP_FASTCLOSE -> new MpFastclose(options.fastcloseKey);
            case MptcpOptions.SUBTYPE_MP_TCPRST -> new MpTcpRst(options.resetReason, options.resetTransient);
            default -> throw new AssertionError("subtype " + subtype);
        };
    }

    private static MptcpOption mpCapable(MptcpOptions options) {
        int version = options.version;
        int flags = options.mpCapableFlags;
        return switch (options.mpCapableLength) {
            case MptcpOptions.LENGTH_MP_CAPABLE_SYN -> new MpCapableSyn(version, flags);
            case MptcpOptions.LENGTH_MP_CAPABLE_SYN_ACK -> new MpCapableSynAck(version, flags, options.senderKey);
            case MptcpOptions.LENGTH_MP_CAPABLE_ACK -> new MpCapableAck(version, flags, options.senderKey, options.receiverKey);
            default -> new MpCapableData(version, flags, options.senderKey, options.receiverKey, options.dataLevelLength,
                    options.hasChecksum ? options.checksum : NO_CHECKSUM);
        };
    }

    private static MptcpOption mpJoin(MptcpOptions options) {
        return switch (options.mpJoinLength) {
            case MptcpOptions.LENGTH_MP_JOIN_SYN ->
                    new MpJoinSyn(options.joinBackup, options.joinAddressId, options.joinToken, options.joinNonce);
            case MptcpOptions.LENGTH_MP_JOIN_SYN_ACK ->
                    new MpJoinSynAck(options.joinBackup, options.joinAddressId, options.joinHmac0, options.joinNonce);
            default -> new MpJoinAck(options.joinHmac0, options.joinHmac1, options.joinHmac2);
        };
    }

    private static MptcpOption dss(MptcpOptions options) {
        DataAck ack = options.hasDataAck ? new DataAck(options.dataAck8, options.dataAck) : null;
        Mapping mapping = !options.hasMapping ? null : new Mapping(options.dsn8, options.dsn, options.ssn, options.dataLevelLength,
                options.dataFin, options.hasChecksum ? options.checksum : NO_CHECKSUM);
        return new Dss(ack, mapping);
    }

    private static MptcpOption addAddr(MptcpOptions options) {
        IpAddress address = new IpAddress(options.addAddrHi, options.addAddrLo);
        return options.addAddrEcho
                ? new AddAddrEcho(options.addAddrId, address, options.addAddrPort)
                : new AddAddr(options.addAddrId, address, options.addAddrPort, options.addAddrHmac);
    }

    private static MptcpOption removeAddr(MptcpOptions options) {
        List<Integer> ids = new ArrayList<>();
        for (int i = 0; i < options.removeAddrCount; i++) {
            ids.add(options.removeAddrIds[i]);
        }
        return new RemoveAddr(ids);
    }

    /**
     * The option area of a header that carries these options in this order, padded to a multiple of four.
     *
     * @throws IllegalArgumentException if they do not fit or may not stand beside each other
     */
    static byte[] encode(List<MptcpOption> options) {
        MemorySegment buffer = MemorySegment.ofArray(new byte[OptionWriter.MAX_LENGTH]);
        OptionWriter writer = new OptionWriter();
        writer.begin(buffer, 0);
        for (MptcpOption option : options) {
            if (!option.writeTo(writer)) {
                throw new IllegalArgumentException("'" + option + "' does not fit into " + options);
            }
        }
        return buffer.asSlice(0, writer.finish()).toArray(ValueLayout.JAVA_BYTE);
    }
}
