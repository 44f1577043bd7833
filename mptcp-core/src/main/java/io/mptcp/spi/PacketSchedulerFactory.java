package io.mptcp.spi;

/** Makes a scheduler for one connection; registered as a service by the module that provides it. */
public interface PacketSchedulerFactory {
    String name();

    /** One line for {@code --help} and listings. */
    String description();

    PacketScheduler create();
}
