/** Payload rings and interval sets. Positions are 64-bit, relative to the start of the stream, and never wrap. */
package io.mptcp.buffer;
