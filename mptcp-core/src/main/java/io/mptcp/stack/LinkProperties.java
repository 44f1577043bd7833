package io.mptcp.stack;

/**
 * What the engine has to know of a link.
 *
 * @param mtuBytes              largest IP packet the link carries
 * @param maxSuperSegmentBytes  largest payload of one slot; more than one MSS only when the link cuts it up (GSO); 0 for one MSS
 * @param weight                share given to the path by configuration, 1 by default
 * @param backup                subflows over it are used only when no other is
 */
public record LinkProperties(int mtuBytes, int maxSuperSegmentBytes, int weight, boolean backup) {
    public static LinkProperties ofMtu(int mtuBytes) {
        return new LinkProperties(mtuBytes, 0, 1, false);
    }
}
