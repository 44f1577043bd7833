/** The engine: connections, subflows, and the stack that owns them. See {@link io.mptcp.stack.Stack}. */
package io.mptcp.stack;
