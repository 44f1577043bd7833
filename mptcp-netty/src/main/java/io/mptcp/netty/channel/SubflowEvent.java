package io.mptcp.netty.channel;

import io.mptcp.stack.SubflowInfo;

/**
 * A subflow of the connection has come or gone: a user event in the pipeline of a {@link MptcpSocketChannel}.
 *
 * @param type    what happened
 * @param subflow as it is now
 */
public record SubflowEvent(Type type, SubflowInfo subflow) {
    /** What happened. */
    public enum Type {
        /** It is established and carries data, or may ({@code ip mptcp monitor}: SF_ESTABLISHED). */
        ESTABLISHED,
        /** It is closed, or being closed ({@code ip mptcp monitor}: SF_CLOSED). */
        CLOSED
    }
}
