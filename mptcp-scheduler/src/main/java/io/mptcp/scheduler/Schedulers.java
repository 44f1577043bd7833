package io.mptcp.scheduler;

import io.mptcp.spi.PacketScheduler;
import io.mptcp.spi.PacketSchedulerFactory;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;

/** All schedulers that can be found through {@link ServiceLoader}, by name: those of this module and any others on the path. */
public final class Schedulers {
    private static final Map<String, PacketSchedulerFactory> FACTORIES = load();

    private Schedulers() {
    }

    /** The names {@link #create} knows, the default first. */
    public static List<String> names() {
        return List.copyOf(FACTORIES.keySet());
    }

    /**
     * What a scheduler does, in one line.
     *
     * @throws IllegalArgumentException naming the known ones when {@code name} is unknown
     */
    public static String description(String name) {
        return factory(name).description();
    }

    /**
     * A scheduler for one connection: they keep state.
     *
     * @throws IllegalArgumentException naming the known ones when {@code name} is unknown
     */
    public static PacketScheduler create(String name) {
        return factory(name).create();
    }

    private static PacketSchedulerFactory factory(String name) {
        PacketSchedulerFactory factory = FACTORIES.get(name);
        if (factory == null) {
            throw new IllegalArgumentException("unknown scheduler '" + name + "', known: " + String.join(", ", names()));
        }
        return factory;
    }

    private static Map<String, PacketSchedulerFactory> load() {
        Map<String, PacketSchedulerFactory> factories = new LinkedHashMap<>();
        factories.put(LeastLinger.NAME, new LeastLinger.Factory()); // the default comes first, in whatever order providers are found
        for (PacketSchedulerFactory factory : ServiceLoader.load(PacketSchedulerFactory.class, Schedulers.class.getClassLoader())) {
            factories.putIfAbsent(factory.name(), factory);
        }
        return Collections.unmodifiableMap(factories);
    }
}
