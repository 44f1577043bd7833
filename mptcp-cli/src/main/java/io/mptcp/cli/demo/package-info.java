/** The demonstration: a download over two paths through the daemon, with one path cut on the way and brought back, measured and judged. */
package io.mptcp.cli.demo;
