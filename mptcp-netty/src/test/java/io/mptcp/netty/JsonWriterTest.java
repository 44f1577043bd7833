package io.mptcp.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

class JsonWriterTest {
    @Test
    void writesNestedDocumentsWithCommasWhereTheyBelong() {
        String text = new JsonWriter().beginObject()
                .member("a", 1)
                .name("b").beginArray().value(true).beginObject().endObject().value((String) null).beginArray().endArray().endArray()
                .member("c", "x")
                .endObject().toString();
        assertEquals("{\"a\":1,\"b\":[true,{},null,[]],\"c\":\"x\"}", text);
    }

    @Test
    void escapesWhatMustBeEscaped() {
        String text = new JsonWriter().beginArray().value("q\" b\\ \n\r\t \u0001 \u2028 \ud800 \ud83d\ude00 ü").endArray().toString();
        assertEquals("[\"q\\\" b\\\\ \\n\\r\\t \\u0001 \\u2028 \\ud800 \ud83d\ude00 ü\"]", text);
    }

    @Test
    void numbersHaveAtMostThreeDecimalsAndNoExponent() {
        String text = new JsonWriter().beginArray().value(1.23456).value(20.0).value(1e12).value(0.00001).value(Double.NaN)
                .value(Long.MIN_VALUE).endArray().toString();
        assertEquals("[1.235,20,1000000000000,0,null,-9223372036854775808]", text);
    }

    @Test
    void refusesDocumentsThatAreNone() {
        assertThrows(IllegalStateException.class, () -> new JsonWriter().beginObject().value(1));
        assertThrows(IllegalStateException.class, () -> new JsonWriter().beginArray().name("x"));
        assertThrows(IllegalStateException.class, () -> new JsonWriter().beginObject().endArray());
        assertThrows(IllegalStateException.class, () -> new JsonWriter().beginObject().name("x").endObject());
        assertThrows(IllegalStateException.class, () -> new JsonWriter().beginObject().toString());
    }
}
