package io.mptcp.cc;

import java.util.ArrayList;
import java.util.List;

/**
 * What the coupled controllers of one connection know of each other: all of them that are established. Subflows come and go, and whatever
 * is computed over the group is computed anew from those that are there. One object per connection.
 */
public final class CoupledGroup {
    /** {@link List#of} before there is one. */
    private List<CoupledController> members = List.of();

    void add(CoupledController member) {
        if (!members.contains(member)) {
            members = members.isEmpty() ? new ArrayList<>(2) : members;
            members.add(member);
        }
    }

    void remove(CoupledController member) {
        if (!members.isEmpty()) {
            members.remove(member);
        }
    }

    int size() {
        return members.size();
    }

    CoupledController get(int index) {
        return members.get(index);
    }

    /** Whether that one has a say in what {@code self} does: it always has itself. */
    boolean counts(int index, CoupledController self) {
        return members.get(index) == self || members.get(index).isCounted();
    }

    /** Whether one of them counts beside this one. */
    boolean hasOthers(CoupledController self) {
        for (int i = 0; i < members.size(); i++) {
            if (members.get(i) != self && members.get(i).isCounted()) {
                return true;
            }
        }
        return false;
    }

    /** Sum of {@link CoupledController#bytesPerNano} of those that count. */
    double sumBytesPerNano(CoupledController self) {
        double sum = 0;
        for (int i = 0; i < members.size(); i++) {
            sum += counts(i, self) ? members.get(i).bytesPerNano() : 0;
        }
        return sum;
    }
}
