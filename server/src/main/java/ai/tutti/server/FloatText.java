package ai.tutti.server;

import java.nio.charset.StandardCharsets;

/**
 * Floats as JSON numbers, as short as {@link Float#toString(float)} and three times as fast for what vectors are made of: numbers
 * whose size is from 0.001 up to 1. Such a number is rounded to 7 significant digits, then to 8, and the first of the two that
 * is read back as the same float is written; 9 digits always are (IEEE 754-2019, 5.12.2). Whatever else it may be goes the usual
 * way.
 *
 * <p>Read back means: by any reader. The decimal has to be inside of what rounds to the float by more than a double is off
 * by, so that it does not matter whether the reader rounds once, or to a double first.
 */
final class FloatText {
    /** The most bytes that a number takes: a sign, nine digits, a point, an exponent. */
    static final int MOST_BYTES = 18;

    private static final float LEAST = 0.001f;
    private static final double ABOVE = 1 + 0x1p-50;
    private static final double BELOW = 1 - 0x1p-50;
    private static final double[] POWERS = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11};

    private FloatText() {}

    /** Writes a number at a place of an array that has room for it; returns the place behind it. */
    static int write(float value, byte[] out, int place) {
        float size = Math.abs(value);
        if (!(size >= LEAST && size < 1)) {
            return writeOther(value, out, place);
        }
        int zeros = size >= 0.1f ? 0 : size >= 0.01f ? 1 : 2; // between the point and the first digit
        int places = 7 + zeros;
        int digits = rounded(size, places);
        if (!isRead(digits, places, size)) {
            places = 8 + zeros;
            digits = rounded(size, places);
            if (!isRead(digits, places, size)) {
                places = 9 + zeros;
                digits = rounded(size, places);
            }
        }
        while (digits % 10 == 0) {
            digits /= 10;
            places--;
        }
        int at = place;
        if (value < 0) {
            out[at++] = '-';
        }
        out[at++] = '0';
        out[at++] = '.';
        int end = at + places;
        for (int i = end - 1; i >= at; i--) {
            int rest = digits / 10;
            out[i] = (byte) ('0' + digits - 10 * rest);
            digits = rest;
        }
        return end;
    }

    private static int rounded(float size, int places) {
        return (int) Math.round(size * POWERS[places]);
    }

    private static boolean isRead(int digits, int places, float size) {
        double read = digits / POWERS[places];
        return (float) (read * ABOVE) == size && (float) (read * BELOW) == size;
    }

    private static int writeOther(float value, byte[] out, int place) {
        var text = Float.isFinite(value) ? Float.toString(value) : '"' + Float.toString(value) + '"';
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(bytes, 0, out, place, bytes.length);
        return place + bytes.length;
    }
}
