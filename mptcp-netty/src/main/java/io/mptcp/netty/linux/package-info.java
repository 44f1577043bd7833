/**
 * Linux interfaces that Java does not have, by the foreign function API: one class per kernel interface, struct layouts documented beside
 * the code that uses them. Everything here works in the network namespace of the calling thread.
 */
package io.mptcp.netty.linux;
