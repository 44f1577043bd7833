package io.mptcp.stack;

import io.mptcp.wire.IpAddress;
import java.util.Arrays;
import java.util.List;

/**
 * Address ids of this side (RFC 8684 sections 3.2 and 3.4.1): 0 is the initial subflow's address, each of 1 to 255 belongs to one address at a
 * time. It stays with that address as long as the peer may go by it, which is until a REMOVE_ADDR has been sent and no subflow is left;
 * an id that only a peer without the key has been told of is free again with its subflow.
 */
final class LocalAddressIds {
    static final int MAX_ID = 255;
    static final int NONE = -1;
    private static final int FIRST_IDS = 2;

    private final List<Subflow> subflows;
    /** Addresses by id, null where there has been none. */
    private IpAddress[] addresses = new IpAddress[FIRST_IDS];
    /** Ids the peer goes by: announced, or proved to be known by a handshake, and not taken back. */
    private boolean[] known = new boolean[FIRST_IDS];

    LocalAddressIds(List<Subflow> subflows) {
        this.subflows = subflows;
    }

    /** The initial subflow's, id 0. */
    void begin(IpAddress initial) {
        addresses[0] = initial;
        known[0] = true;
    }

    /**
     * The id of an address, which gets one where it has none.
     *
     * @param wanted the id it should have in that case, 0 for any
     * @return {@link #NONE} when all are in use
     */
    int allocate(IpAddress address, int wanted) {
        int id = idOf(address);
        boolean mayMove = id < 0 || isFree(id);
        if (mayMove && wanted > 0 && isFree(wanted)) {
            return set(wanted, address, id);
        }
        if (id >= 0) {
            return id;
        }
        int free = firstFree();
        return free == NONE ? NONE : set(free, address, NONE);
    }

    private int set(int id, IpAddress address, int before) {
        if (before >= 0) {
            addresses[before] = null;
        }
        makeRoomFor(id);
        addresses[id] = address;
        return id;
    }

    /** One that has never been used, or else the one that has been free for others. */
    private int firstFree() {
        for (int id = 1; id <= MAX_ID; id++) {
            if (addressOf(id) == null) {
                return id;
            }
        }
        for (int id = 1; id <= MAX_ID; id++) {
            if (isFree(id)) {
                return id;
            }
        }
        return NONE;
    }

    private boolean isFree(int id) {
        return id > 0 && !(id < known.length && known[id]) && !isUsed(id);
    }

    private boolean isUsed(int id) {
        for (int i = 0; i < subflows.size(); i++) {
            if (subflows.get(i).localAddressId == id) {
                return true;
            }
        }
        return false;
    }

    /** Null when no address has it. */
    IpAddress addressOf(int id) {
        return id < addresses.length ? addresses[id] : null;
    }

    private int idOf(IpAddress address) {
        for (int id = 0; id < addresses.length; id++) {
            if (address.equals(addresses[id])) {
                return id;
            }
        }
        return NONE;
    }

    private void makeRoomFor(int id) {
        if (id >= addresses.length) {
            addresses = Arrays.copyOf(addresses, id + 1);
            known = Arrays.copyOf(known, id + 1);
        }
    }

    /** @return {@link #NONE} for an address the peer does not go by */
    int knownIdOf(IpAddress address) {
        int id = idOf(address);
        return id >= 0 && !isFree(id) ? id : NONE;
    }

    /** The peer is told, or has shown that it knows. */
    void onKnown(int id) {
        makeRoomFor(id);
        known[id] = true;
    }

    /** REMOVE_ADDR has been sent. */
    void onRemoved(int id) {
        if (id < known.length) {
            known[id] = false;
        }
    }
}
