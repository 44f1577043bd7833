package io.mptcp.examples;

import io.mptcp.netty.socket.MptcpSocketFactory;
import jakarta.mail.Message;
import jakarta.mail.MessagingException;
import jakarta.mail.Session;
import jakarta.mail.Transport;
import jakarta.mail.internet.InternetAddress;
import jakarta.mail.internet.MimeMessage;
import java.util.Properties;

/** A mail sent by Jakarta Mail (once JavaMail) over MPTCP: one property of its session is all there is to it. */
public final class SendMail {
    static final int LINES = 20_000;

    private SendMail() {
    }

    /** {@code HOST PORT CONFIGURATION}, the last as {@link MptcpSocketFactory#MptcpSocketFactory(String)} takes it. */
    public static void main(String[] args) throws MessagingException {
        if (args.length != 3) {
            System.err.println("usage: SendMail HOST PORT kernel|'PATH...'");
            System.exit(2);
        }
        send(args[0], args[1], args[2]);
        System.out.println(LINES + " lines sent");
    }

    static void send(String host, String port, String configuration) throws MessagingException {
        Properties settings = new Properties();
        settings.put("mail.smtp.host", host);
        settings.put("mail.smtp.port", port);
        settings.put("mail.smtp.socketFactory", new MptcpSocketFactory(configuration));
        MimeMessage message = new MimeMessage(Session.getInstance(settings));
        message.setFrom(new InternetAddress("sender@example.org"));
        message.setRecipient(Message.RecipientType.TO, new InternetAddress("reader@example.org"));
        message.setSubject("Over more than one path");
        message.setText(text());
        Transport.send(message);
    }

    static String text() {
        StringBuilder text = new StringBuilder();
        for (int line = 0; line < LINES; line++) {
            text.append("This is line ").append(line).append(" of a mail that is long enough for two paths.\r\n");
        }
        return text.toString();
    }
}
