package io.mptcp.pm;

import io.mptcp.wire.IpAddress;
import java.util.List;

/** Links whose addresses are known and do not change. */
public final class FixedLinks implements LocalLinks {
    private final List<Path> paths;

    public FixedLinks(List<Path> paths) {
        this.paths = List.copyOf(paths);
    }

    @Override
    public List<Integer> links() {
        return paths.stream().map(Path::linkId).distinct().toList();
    }

    @Override
    public IpAddress localAddress(int linkId, IpAddress remote) {
        for (Path path : paths) {
            if (path.linkId() == linkId && path.localFor(remote) != null) {
                return path.localFor(remote);
            }
        }
        return null;
    }

    @Override
    public int linkOf(IpAddress local) {
        for (Path path : paths) {
            if (local.equals(path.localV4()) || local.equals(path.localV6())) {
                return path.linkId();
            }
        }
        return -1;
    }
}
