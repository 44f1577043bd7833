package io.mptcp.tun.relay;

import io.mptcp.tun.convert.ConvertError;

/** Why a client is not served: counted under these names, and logged once per client and reason. */
enum Refusal {
    RELAY_FULL("relay_full", "the relay has as many connections as it may", ConvertError.RESOURCE_EXCEEDED),
    TOO_MANY_HALF_OPEN("too_many_half_open", "too many connections of this client have not said yet what they want", ConvertError.RESOURCE_EXCEEDED),
    NO_TLS("no_tls", "no TLS, or the handshake failed", ConvertError.NOT_AUTHORIZED),
    SLOW_HELLO("slow_hello", "no complete hello in time", ConvertError.RESOURCE_EXCEEDED),
    MALFORMED_HELLO("malformed_hello", "what came is no hello", ConvertError.MALFORMED_MESSAGE),
    WRONG_TOKEN("wrong_token", "unknown user, or wrong token", ConvertError.NOT_AUTHORIZED),
    WRONG_TIME("wrong_time", "the hello is too old, or clocks differ", ConvertError.NOT_AUTHORIZED),
    REPLAYED_HELLO("replayed_hello", "this hello has come before", ConvertError.NOT_AUTHORIZED),
    USER_FULL("user_full", "the user has as many connections as he may", ConvertError.RESOURCE_EXCEEDED),
    EGRESS_DENIED("egress_denied", "the destination is not on the egress list", ConvertError.NOT_AUTHORIZED),
    DESTINATION_FAILED("destination_failed", "the destination could not be reached", ConvertError.DESTINATION_UNREACHABLE),
    NOT_CONVERT("not_convert", "what came is no Convert message, and was not answered", ConvertError.MALFORMED_MESSAGE),
    NOT_A_CLIENT("not_a_client", "its address is not one of those who may come", ConvertError.NOT_AUTHORIZED),
    NO_COOKIE("no_cookie", "it had no cookie, and was given one", ConvertError.MISSING_COOKIE),
    WRONG_COOKIE("wrong_cookie", "its cookie is too old, or another's", ConvertError.NOT_AUTHORIZED),
    UNSUPPORTED_OPTION("unsupported_option", "it wants TCP options the relay cannot set", ConvertError.UNSUPPORTED_TCP_OPTION),
    CLIENT_FULL("client_full", "the client has as many connections as it may", ConvertError.RESOURCE_EXCEEDED),
    NO_PROXY_HEADER("no_proxy_header", "no header of PROXY protocol, or a wrong one, from a balancer", ConvertError.MALFORMED_MESSAGE),
    NO_PASSWORD("no_password", "it does not offer user name and password", ConvertError.NOT_AUTHORIZED),
    UNSUPPORTED_COMMAND("unsupported_command", "it wants another thing than a connection", ConvertError.UNSUPPORTED_MESSAGE),
    QUOTA_USED_UP("quota_used_up", "the user has carried as much as he may in this period", ConvertError.RESOURCE_EXCEEDED);

    private final String key;
    private final String text;
    private final ConvertError error;

    Refusal(String key, String text, ConvertError error) {
        this.key = key;
        this.text = text;
        this.error = error;
    }

    /** Its name in counters. */
    String key() {
        return key;
    }

    ConvertError error() {
        return error;
    }

    @Override
    public String toString() {
        return text;
    }
}
