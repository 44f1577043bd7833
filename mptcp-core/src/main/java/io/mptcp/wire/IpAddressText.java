package io.mptcp.wire;

/** Text forms of {@link IpAddress}: parsing of literals, and printing per RFC 5952. */
final class IpAddressText {
    private IpAddressText() {
    }

    static IpAddress parse(String text) {
        if (text.indexOf(':') < 0) {
            return IpAddress.ofIpv4(parseIpv4(text, text));
        }
        int[] groups = new int[8];
        int gap = text.indexOf("::");
        if (gap < 0) {
            if (fill(text, groups, true, text) != 8) {
                throw invalid(text);
            }
            return ofGroups(groups);
        }
        if (text.indexOf("::", gap + 1) >= 0) {
            throw invalid(text);
        }
        int[] tail = new int[8];
        int headCount = fill(text.substring(0, gap), groups, false, text);
        int tailCount = fill(text.substring(gap + 2), tail, true, text);
        if (headCount + tailCount > 7) {
            throw invalid(text);
        }
        System.arraycopy(tail, 0, groups, 8 - tailCount, tailCount);
        return ofGroups(groups);
    }

    /** Reads the groups of a part into {@code groups} and returns their number; only the end of an address may be dotted. */
    private static int fill(String part, int[] groups, boolean end, String whole) {
        if (part.isEmpty()) {
            return 0;
        }
        int count = 0;
        String[] fields = part.split(":", -1);
        for (int i = 0; i < fields.length; i++) {
            String field = fields[i];
            if (end && i == fields.length - 1 && field.indexOf('.') >= 0) {
                if (count > 6) {
                    throw invalid(whole);
                }
                int v4 = parseIpv4(field, whole);
                groups[count++] = v4 >>> 16;
                groups[count++] = v4 & 0xffff;
                continue;
            }
            if (field.isEmpty() || field.length() > 4 || count > 7 || !field.chars().allMatch(IpAddressText::isHexDigit)) {
                throw invalid(whole);
            }
            groups[count++] = Integer.parseInt(field, 16);
        }
        return count;
    }

    private static boolean isHexDigit(int c) {
        return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F';
    }

    private static int parseIpv4(String text, String whole) {
        String[] fields = text.split("\\.", -1);
        if (fields.length != 4) {
            throw invalid(whole);
        }
        int value = 0;
        for (String field : fields) {
            if (field.isEmpty() || field.length() > 3 || !field.chars().allMatch(c -> c >= '0' && c <= '9')) {
                throw invalid(whole);
            }
            int octet = Integer.parseInt(field);
            if (octet > 255) {
                throw invalid(whole);
            }
            value = value << 8 | octet;
        }
        return value;
    }

    private static IpAddress ofGroups(int[] groups) {
        long hi = 0;
        long lo = 0;
        for (int i = 0; i < 4; i++) {
            hi = hi << 16 | groups[i];
            lo = lo << 16 | groups[4 + i];
        }
        return new IpAddress(hi, lo);
    }

    private static IllegalArgumentException invalid(String text) {
        return new IllegalArgumentException("'" + text + "' is not an IP address");
    }

    static String format(IpAddress address) {
        if (address.isIpv4()) {
            int v4 = (int) address.lo();
            return (v4 >>> 24) + "." + (v4 >> 16 & 0xff) + "." + (v4 >> 8 & 0xff) + "." + (v4 & 0xff);
        }
        int[] groups = new int[8];
        for (int i = 0; i < 4; i++) {
            groups[i] = (int) (address.hi() >> (48 - 16 * i)) & 0xffff;
            groups[4 + i] = (int) (address.lo() >> (48 - 16 * i)) & 0xffff;
        }
        // RFC 5952 section 4.2: the longest run of two or more zero groups, the first of equals, becomes "::".
        int bestStart = -1;
        int bestLength = 1;
        for (int i = 0; i < 8; i++) {
            int end = i;
            while (end < 8 && groups[end] == 0) {
                end++;
            }
            if (end - i > bestLength) {
                bestStart = i;
                bestLength = end - i;
            }
            i = Math.max(i, end - 1);
        }
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < 8; i++) {
            if (i == bestStart) {
                text.append("::");
                i += bestLength - 1;
                continue;
            }
            if (!text.isEmpty() && text.charAt(text.length() - 1) != ':') {
                text.append(':');
            }
            text.append(Integer.toHexString(groups[i]));
        }
        return text.toString();
    }
}
