/** What may be plugged into the engine. Policies return values or queue commands; none of them is called re-entrantly. */
package io.mptcp.spi;
