package io.mptcp.examples;

import io.mptcp.netty.socket.MptcpSocketFactory;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Properties;

/**
 * A table written and read through PostgreSQL's own JDBC driver over MPTCP. Two settings of the connection are all there is to it; a server whose host has
 * MPTCP in its kernel is started with {@code mptcpize run}, or {@code mptcpize enable postgresql.service} once and for all.
 */
public final class PostgresQueries {
    private static final int ROWS = 4000;
    private static final int VALUE_BYTES = 2000;

    private PostgresQueries() {
    }

    /** {@code jdbc:postgresql://HOST/DATABASE USER CONFIGURATION}, the last as {@link MptcpSocketFactory#MptcpSocketFactory(String)} takes it. */
    public static void main(String[] args) throws SQLException {
        if (args.length != 3) {
            System.err.println("usage: PostgresQueries jdbc:postgresql://HOST/DATABASE USER kernel|'PATH...'");
            System.exit(2);
        }
        try (Connection connection = connect(args[0], args[1], args[2])) {
            System.out.println(writeAndRead(connection) + " bytes in " + ROWS + " rows read back");
        }
    }

    static Connection connect(String url, String user, String configuration) throws SQLException {
        Properties settings = new Properties();
        settings.setProperty("user", user);
        settings.setProperty("socketFactory", MptcpSocketFactory.class.getName());
        settings.setProperty("socketFactoryArg", configuration);
        settings.setProperty("sslmode", "disable");
        return DriverManager.getConnection(url, settings);
    }

    /** @return bytes that came back, each of them compared */
    static long writeAndRead(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("CREATE TEMPORARY TABLE example (number integer PRIMARY KEY, value text NOT NULL)");
        }
        connection.setAutoCommit(false);
        try (PreparedStatement insert = connection.prepareStatement("INSERT INTO example VALUES (?, ?)")) {
            for (int number = 0; number < ROWS; number++) {
                insert.setInt(1, number);
                insert.setString(2, value(number));
                insert.addBatch();
            }
            insert.executeBatch();
        }
        connection.commit();
        long bytes = 0;
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SELECT number, value FROM example ORDER BY number")) {
            for (int number = 0; number < ROWS; number++) {
                if (!rows.next() || rows.getInt(1) != number || !rows.getString(2).equals(value(number))) {
                    throw new SQLException("row " + number + " is not what was written");
                }
                bytes += VALUE_BYTES;
            }
        }
        return bytes;
    }

    private static String value(int number) {
        String digits = Integer.toString(number);
        return digits.repeat(VALUE_BYTES / digits.length() + 1).substring(0, VALUE_BYTES);
    }
}
