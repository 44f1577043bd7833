/** Small programs that use the library, each of which runs as a test, too. */
package io.mptcp.examples;
