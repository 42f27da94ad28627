package ai.tutti.engine.checkpoint;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The entries of a zip file that stores them uncompressed, in place. {@code java.util.zip} would not do: it hides where an
 * entry lies, and takes a stranger's word for more.
 *
 * <p>The directory at the file's end decides (PKWARE's APPNOTE, 4.3.12 to 4.3.16, with the 64-bit forms); the header in front
 * of an entry's bytes only says how long it is itself. Entries must lie in front of the directory, one must not overlap
 * another, and no two may have the same name. Checksums are not compared: PyTorch can be told not to write them.
 */
final class ZipEntries {
    private static final int LOCAL = 0x04034b50;
    private static final int CENTRAL = 0x02014b50;
    private static final int END = 0x06054b50;
    private static final int END64 = 0x06064b50;
    private static final int LOCATOR64 = 0x07064b50;
    private static final int LOCAL_SIZE = 30;
    private static final int CENTRAL_SIZE = 46;
    private static final int END_SIZE = 22;
    private static final int END64_SIZE = 56;
    private static final int LOCATOR64_SIZE = 20;
    private static final int LONGEST_COMMENT = 0xFFFF;
    private static final long IN_EXTRA = 0xFFFFFFFFL;
    private static final int ENCRYPTED = 1;
    private static final int EXTRA64 = 1;
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /** Where the directory says that an entry lies, its own header included. */
    private record Entry(String name, long header, long size) {}

    /** The directory's place. */
    private record Directory(long begin, long size, long entries) {}

    private final MappedFile file;
    private final MemorySegment bytes;

    private ZipEntries(MappedFile file) {
        this.file = file;
        this.bytes = file.bytes();
    }

    /** Whether a file begins as a zip file does. */
    static boolean looksLikeOne(MappedFile file) {
        return file.bytes().byteSize() >= 4 && file.bytes().get(INT, 0) == LOCAL;
    }

    /** The entries' bytes by name, in the directory's order. */
    static Map<String, MemorySegment> read(MappedFile file) {
        ZipEntries zip = new ZipEntries(file);
        Directory directory = zip.directory();
        List<Entry> entries = zip.entries(directory);
        Map<String, MemorySegment> contents = new LinkedHashMap<>();
        Map<String, Long> ends = new LinkedHashMap<>();
        for (Entry entry : entries) {
            long begin = zip.begin(entry, directory);
            if (contents.put(entry.name(), zip.bytes.asSlice(begin, entry.size())) != null) {
                throw file.broken("its zip directory has two entries named " + entry.name());
            }
            ends.put(entry.name(), begin + entry.size());
        }
        zip.checkApart(entries, ends);
        return contents;
    }

    private Directory directory() {
        long size = bytes.byteSize();
        for (long at = size - END_SIZE; at >= Math.max(0, size - END_SIZE - LONGEST_COMMENT); at--) {
            if (bytes.get(INT, at) == END && at + END_SIZE + unsignedShort(at + 20) == size) {
                return checked(at >= LOCATOR64_SIZE && bytes.get(INT, at - LOCATOR64_SIZE) == LOCATOR64
                        ? directory64(at - LOCATOR64_SIZE)
                        : new Directory(unsignedInt(at + 16), unsignedInt(at + 12), unsignedShort(at + 10)), at);
            }
        }
        throw file.broken("it begins as a zip file and does not end as one, perhaps only in part downloaded");
    }

    private Directory directory64(long locator) {
        long at = bytes.get(LONG, locator + 8);
        if (at < 0 || at > locator - END64_SIZE || bytes.get(INT, at) != END64) {
            throw file.broken("its zip directory is not where its end says");
        }
        return new Directory(bytes.get(LONG, at + 48), bytes.get(LONG, at + 40), bytes.get(LONG, at + 32));
    }

    private Directory checked(Directory directory, long end) {
        boolean fits = directory.begin() >= 0
                && directory.size() >= 0
                && directory.begin() <= end
                && directory.size() <= end - directory.begin()
                && directory.entries() >= 0
                && directory.entries() <= directory.size() / CENTRAL_SIZE;
        if (!fits) {
            throw file.broken("its zip directory of %s bytes at %s does not fit a file of %d bytes"
                    .formatted(directory.size(), directory.begin(), bytes.byteSize()));
        }
        return directory;
    }

    private List<Entry> entries(Directory directory) {
        List<Entry> entries = new ArrayList<>();
        long at = directory.begin();
        long end = at + directory.size();
        while (at < end) {
            if (end - at < CENTRAL_SIZE || bytes.get(INT, at) != CENTRAL) {
                throw file.broken("its zip directory breaks off at byte " + at);
            }
            int nameLength = unsignedShort(at + 28);
            int extraLength = unsignedShort(at + 30);
            long next = at + CENTRAL_SIZE + nameLength + extraLength + unsignedShort(at + 32);
            if (next > end) {
                throw file.broken("its zip directory breaks off at byte " + at);
            }
            entries.add(entry(at, nameLength, extraLength));
            at = next;
        }
        if (entries.size() != directory.entries()) {
            throw file.broken("its zip directory has %d entries and says %d".formatted(entries.size(), directory.entries()));
        }
        return entries;
    }

    private Entry entry(long at, int nameLength, int extraLength) {
        String name = new String(
                bytes.asSlice(at + CENTRAL_SIZE, nameLength).toArray(ValueLayout.JAVA_BYTE), StandardCharsets.UTF_8);
        if (unsignedShort(at + 10) != 0 || (unsignedShort(at + 8) & ENCRYPTED) != 0) {
            throw new ModelLoadException("%s: its entry %s is compressed or encrypted, as in a program (TorchScript) and never in weights"
                            .formatted(file.path(), OneLine.of(name))
                    + "; such a file is not read: take the model's model.safetensors");
        }
        long stored = unsignedInt(at + 20);
        long size = unsignedInt(at + 24);
        long header = unsignedInt(at + 42);
        long extra = at + CENTRAL_SIZE + nameLength;
        long extraEnd = extra + extraLength;
        while (extraEnd - extra >= 4) {
            long value = extra + 4;
            long valueEnd = value + unsignedShort(extra + 2);
            if (unsignedShort(extra) == EXTRA64 && valueEnd <= extraEnd) {
                long[] at64 = {value, valueEnd};
                size = size == IN_EXTRA ? take64(name, at64) : size;
                stored = stored == IN_EXTRA ? take64(name, at64) : stored;
                header = header == IN_EXTRA ? take64(name, at64) : header;
            }
            extra = valueEnd;
        }
        if (stored != size) {
            throw file.broken("its entry %s has %d bytes and stores %d".formatted(name, size, stored));
        }
        return new Entry(name, header, size);
    }

    /** The next 64-bit number of an extra field, whose place moves on. */
    private long take64(String name, long[] at) {
        if (at[1] - at[0] < Long.BYTES) {
            throw file.broken("its entry %s lacks its 64-bit size".formatted(name));
        }
        long value = bytes.get(LONG, at[0]);
        at[0] += Long.BYTES;
        return value;
    }

    /** Where an entry's bytes begin, behind its own header. */
    private long begin(Entry entry, Directory directory) {
        long header = entry.header();
        boolean fits = header >= 0 && header <= directory.begin() - LOCAL_SIZE && bytes.get(INT, header) == LOCAL;
        long begin = fits ? header + LOCAL_SIZE + unsignedShort(header + 26) + unsignedShort(header + 28) : 0;
        if (!fits || begin > directory.begin() || entry.size() < 0 || entry.size() > directory.begin() - begin) {
            throw file.broken("its entry %s of %d bytes at %d does not fit a file of %d bytes"
                    .formatted(entry.name(), entry.size(), header, bytes.byteSize()));
        }
        return begin;
    }

    private void checkApart(List<Entry> entries, Map<String, Long> ends) {
        List<Entry> byPlace = new ArrayList<>(entries);
        byPlace.sort(Comparator.comparingLong(Entry::header));
        long end = 0;
        for (Entry entry : byPlace) {
            if (entry.header() < end) {
                throw file.broken("its entry %s overlaps another".formatted(entry.name()));
            }
            end = ends.getOrDefault(entry.name(), end);
        }
    }

    private int unsignedShort(long at) {
        return Short.toUnsignedInt(bytes.get(SHORT, at));
    }

    private long unsignedInt(long at) {
        return Integer.toUnsignedLong(bytes.get(INT, at));
    }
}
