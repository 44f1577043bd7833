package io.mptcp.stack;

import java.util.AbstractCollection;
import java.util.Iterator;
import java.util.NoSuchElementException;

/** All connections of a stack, oldest first, linked through themselves: entries of their own would be memory for each, and a table a pause when it grows. */
final class ConnectionList extends AbstractCollection<Connection> {
    private Connection oldest;
    private Connection newest;
    private int size;

    /** @param connection stands in no list */
    @Override
    public boolean add(Connection connection) {
        connection.older = newest;
        if (newest == null) {
            oldest = connection;
        } else {
            newest.newer = connection;
        }
        newest = connection;
        size++;
        return true;
    }

    /** @param connection stands in this list, or in none */
    void unlink(Connection connection) {
        if (connection.older == null && connection != oldest) {
            return;
        }
        if (connection.older == null) {
            oldest = connection.newer;
        } else {
            connection.older.newer = connection.newer;
        }
        if (connection.newer == null) {
            newest = connection.older;
        } else {
            connection.newer.older = connection.older;
        }
        connection.older = null;
        connection.newer = null;
        size--;
    }

    /** The list must not change meanwhile. */
    @Override
    public Iterator<Connection> iterator() {
        return new Iterator<>() {
            private Connection next = oldest;

            @Override
            public boolean hasNext() {
                return next != null;
            }

            @Override
            public Connection next() {
                if (next == null) {
                    throw new NoSuchElementException();
                }
                Connection given = next;
                next = given.newer;
                return given;
            }
        };
    }

    @Override
    public int size() {
        return size;
    }
}
