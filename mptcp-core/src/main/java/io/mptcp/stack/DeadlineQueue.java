package io.mptcp.stack;

import java.util.Arrays;

/**
 * Deadlines in order: a binary heap whose nodes know their place, so that moving one costs no search. Equal deadlines come out in the
 * order in which they were set, so that the same calls always give the same result.
 */
final class DeadlineQueue {
    /** Something with one deadline. To be extended by what waits for it. */
    abstract static class Node {
        /** Long.MAX_VALUE when not scheduled. */
        long deadlineNanos = Long.MAX_VALUE;
        /** Place in the heap, -1 when not scheduled. */
        int heapIndex = -1;
        /** Decides between equal deadlines. */
        long order;
    }

    private Node[] heap = new Node[16];
    private int size;
    private long nextOrder;

    /** Sets or moves the deadline of a node; Long.MAX_VALUE takes it off the queue. Setting the one it has already changes nothing. */
    void schedule(Node node, long deadlineNanos) {
        if (node.deadlineNanos == deadlineNanos) {
            return;
        }
        if (deadlineNanos == Long.MAX_VALUE) {
            remove(node);
            return;
        }
        if (node.heapIndex < 0) {
            if (size == heap.length) {
                heap = Arrays.copyOf(heap, 2 * size);
            }
            node.heapIndex = size++;
        }
        node.deadlineNanos = deadlineNanos;
        node.order = nextOrder++;
        siftUp(node);
        siftDown(node);
    }

    /** Takes the first node off the queue if its deadline is at or before {@code nowNanos}; null otherwise. */
    Node pollDue(long nowNanos) {
        if (size == 0 || heap[0].deadlineNanos > nowNanos) {
            return null;
        }
        Node first = heap[0];
        remove(first);
        return first;
    }

    /** The earliest deadline, Long.MAX_VALUE when there is none. */
    long nextDeadlineNanos() {
        return size == 0 ? Long.MAX_VALUE : heap[0].deadlineNanos;
    }

    int size() {
        return size;
    }

    private void remove(Node node) {
        int index = node.heapIndex;
        node.heapIndex = -1;
        node.deadlineNanos = Long.MAX_VALUE;
        Node last = heap[--size];
        heap[size] = null;
        if (last != node) {
            last.heapIndex = index;
            siftUp(last);
            siftDown(last);
        }
    }

    private void siftUp(Node node) {
        int index = node.heapIndex;
        while (index > 0) {
            int parent = (index - 1) >>> 1;
            if (!isBefore(node, heap[parent])) {
                break;
            }
            place(heap[parent], index);
            index = parent;
        }
        place(node, index);
    }

    private void siftDown(Node node) {
        int index = node.heapIndex;
        while (2 * index + 1 < size) {
            int child = 2 * index + 1;
            if (child + 1 < size && isBefore(heap[child + 1], heap[child])) {
                child++;
            }
            if (!isBefore(heap[child], node)) {
                break;
            }
            place(heap[child], index);
            index = child;
        }
        place(node, index);
    }

    private void place(Node node, int index) {
        heap[index] = node;
        node.heapIndex = index;
    }

    private static boolean isBefore(Node a, Node b) {
        return a.deadlineNanos < b.deadlineNanos || a.deadlineNanos == b.deadlineNanos && a.order < b.order;
    }
}
