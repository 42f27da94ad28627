package ai.tutti.hub;

import java.util.Locale;

/** Sizes for people, in powers of ten as disks and hubs count. */
public final class Sizes {
    private Sizes() {}

    /** {@code 1.34 GB}, {@code 67.3 MB}, {@code 711 kB}, {@code 52 B}. */
    public static String of(long bytes) {
        String[] units = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
        double size = bytes;
        int unit = 0;
        while (size >= 999.5 && unit < units.length - 1) {
            size /= 1000;
            unit++;
        }
        String format = unit == 0 || size >= 99.95 ? "%.0f %s" : size >= 9.995 ? "%.1f %s" : "%.2f %s";
        return String.format(Locale.ROOT, format, size, units[unit]);
    }
}
