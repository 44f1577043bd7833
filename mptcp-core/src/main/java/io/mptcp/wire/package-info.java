/**
 * Bytes and fields, without state: IP headers, TCP segments, options and checksums. A buffer is checked once ({@code validate}),
 * after which every accessor is total; no input makes a method of this package throw.
 */
package io.mptcp.wire;
