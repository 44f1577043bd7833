/**
 * A network laboratory on one Linux machine: namespaces joined by veth pairs, links with rate, delay, queue and loss emulated in user space,
 * and kernel MPTCP peers. The demonstration and the tests against the kernel run in it. Everything a laboratory makes is gone when it closes.
 */
package io.mptcp.cli.lab;
