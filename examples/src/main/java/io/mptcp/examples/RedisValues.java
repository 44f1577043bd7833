package io.mptcp.examples;

import io.mptcp.netty.socket.MptcpSocketFactory;
import java.io.IOException;
import java.util.Arrays;
import java.util.Random;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.exceptions.JedisConnectionException;

/** Values written to and read from Redis by Jedis over MPTCP: all that changes is where the client has its socket from. */
public final class RedisValues {
    private static final int VALUES = 64;
    private static final int VALUE_BYTES = 64 * 1024;

    private RedisValues() {
    }

    /** {@code HOST PORT CONFIGURATION}, the last as {@link MptcpSocketFactory#MptcpSocketFactory(String)} takes it. */
    public static void main(String[] args) throws IOException {
        if (args.length != 3) {
            System.err.println("usage: RedisValues HOST PORT kernel|'PATH...'");
            System.exit(2);
        }
        try (Jedis redis = connect(args[0], Integer.parseInt(args[1]), args[2])) {
            System.out.println(writeAndRead(redis) + " bytes in " + VALUES + " values read back");
        }
    }

    static Jedis connect(String host, int port, String configuration) {
        MptcpSocketFactory factory = new MptcpSocketFactory(configuration);
        return new Jedis(() -> {
            try {
                return factory.createSocket(host, port);
            } catch (IOException e) {
                throw new JedisConnectionException(e);
            }
        });
    }

    /** @return bytes that came back, each of them compared */
    static long writeAndRead(Jedis redis) throws IOException {
        for (int number = 0; number < VALUES; number++) {
            redis.set(key(number), value(number));
        }
        long bytes = 0;
        for (int number = 0; number < VALUES; number++) {
            if (!Arrays.equals(value(number), redis.get(key(number)))) {
                throw new IOException("value " + number + " is not what was written");
            }
            bytes += VALUE_BYTES;
        }
        return bytes;
    }

    private static byte[] key(int number) {
        return new byte[] {'k', (byte) number};
    }

    private static byte[] value(int number) {
        byte[] value = new byte[VALUE_BYTES];
        new Random(number).nextBytes(value);
        return value;
    }
}
