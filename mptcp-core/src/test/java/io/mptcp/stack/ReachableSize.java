package io.mptcp.stack;

import java.lang.reflect.Array;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.Collection;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Set;

/**
 * Heap that objects of this project hold, by what their fields and arrays take in a HotSpot of less than 32 GB: it depends on no collector and no moment.
 * Of the JDK's objects collections count by what is in them, others not at all.
 */
final class ReachableSize {
    private static final int HEADER_BYTES = 12;
    private static final int ARRAY_HEADER_BYTES = 16;
    private static final int REFERENCE_BYTES = 4;
    private static final int COLLECTION_BYTES = 40;
    /** A hashed element with its node; others take less. */
    private static final int ELEMENT_BYTES = 48;

    private final Set<Object> seen = Collections.newSetFromMap(new IdentityHashMap<>());
    private final Deque<Object> todo = new ArrayDeque<>();

    static long of(Object... roots) {
        ReachableSize size = new ReachableSize();
        for (Object root : roots) {
            size.visit(root);
        }
        long bytes = 0;
        while (!size.todo.isEmpty()) {
            bytes += size.take(size.todo.pop());
        }
        return bytes;
    }

    private void visit(Object object) {
        if (object != null && !(object instanceof Class) && !(object instanceof Enum) && seen.add(object)) {
            todo.push(object);
        }
    }

    private long take(Object object) {
        Class<?> type = object.getClass();
        if (type.isArray()) {
            int length = Array.getLength(object);
            for (int i = 0; i < length && !type.getComponentType().isPrimitive(); i++) {
                visit(Array.get(object, i));
            }
            return aligned(ARRAY_HEADER_BYTES + (long) length * sizeOf(type.getComponentType()));
        }
        if (type.getName().startsWith("io.mptcp")) {
            return takeFields(object, type);
        }
        if (object instanceof Map<?, ?> map) {
            map.forEach((key, value) -> {
                visit(key);
                visit(value);
            });
            return COLLECTION_BYTES + (long) ELEMENT_BYTES * map.size();
        }
        if (object instanceof Collection<?> collection) {
            collection.forEach(this::visit);
            return COLLECTION_BYTES + (long) ELEMENT_BYTES * collection.size();
        }
        return object instanceof BitSet bits ? COLLECTION_BYTES + bits.size() / 8 : 0;
    }

    private long takeFields(Object object, Class<?> type) {
        long bytes = HEADER_BYTES;
        for (Class<?> part = type; part != null; part = part.getSuperclass()) {
            for (Field field : part.getName().startsWith("io.mptcp") ? part.getDeclaredFields() : new Field[0]) {
                if (Modifier.isStatic(field.getModifiers())) {
                    continue;
                }
                bytes += sizeOf(field.getType());
                if (!field.getType().isPrimitive()) {
                    visit(valueOf(field, object));
                }
            }
        }
        return aligned(bytes);
    }

    private static Object valueOf(Field field, Object object) {
        if (object.getClass().isHidden()) {
            return null; // what a lambda has captured
        }
        try {
            field.setAccessible(true);
            return field.get(object);
        } catch (IllegalAccessException e) {
            throw new IllegalStateException(e);
        }
    }

    private static int sizeOf(Class<?> type) {
        if (!type.isPrimitive()) {
            return REFERENCE_BYTES;
        }
        return type == long.class || type == double.class ? 8 : type == int.class || type == float.class ? 4 : type == short.class || type == char.class ? 2 : 1;
    }

    private static long aligned(long bytes) {
        return (bytes + 7) & ~7;
    }
}
