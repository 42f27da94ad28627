package ai.tutti.cli.files;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * A file as a text.
 *
 * @param text what it says, HTML without its markup; null where it says nothing that can be read
 * @param why why there is no text, for people; null where there is one
 * @param digest SHA-256 of its bytes
 */
public record TextFile(@Nullable String text, @Nullable String why, String digest) {
    /** Larger files are data more often than texts. */
    public static final long LARGEST = 16 << 20;

    public TextFile {
        requireNonNull(digest, "digest is null");
    }

    /** Reads a file; UTF-8 unless it begins with a mark of UTF-16. */
    public static TextFile read(Path file) throws IOException {
        if (Files.size(file) > LARGEST) {
            return new TextFile(null, "larger than 16 MB", "");
        }
        byte[] bytes = Files.readAllBytes(file);
        String digest = HexFormat.of().formatHex(sha256(bytes));
        try {
            String text = decode(bytes);
            if (text.indexOf('\0') >= 0) {
                return new TextFile(null, "binary", digest);
            }
            return new TextFile(HtmlText.isNamed(file.toString()) ? HtmlText.of(text) : text, null, digest);
        } catch (CharacterCodingException e) {
            return new TextFile(null, "binary", digest);
        }
    }

    private static String decode(byte[] bytes) throws CharacterCodingException {
        if (begins(bytes, 0xFF, 0xFE)) {
            return decode(bytes, 2, StandardCharsets.UTF_16LE);
        }
        if (begins(bytes, 0xFE, 0xFF)) {
            return decode(bytes, 2, StandardCharsets.UTF_16BE);
        }
        return decode(bytes, begins(bytes, 0xEF, 0xBB, 0xBF) ? 3 : 0, StandardCharsets.UTF_8);
    }

    private static String decode(byte[] bytes, int from, Charset charset) throws CharacterCodingException {
        return charset.newDecoder().decode(ByteBuffer.wrap(bytes, from, bytes.length - from)).toString();
    }

    private static boolean begins(byte[] bytes, int... mark) {
        return bytes.length >= mark.length
                && Arrays.equals(mark, java.util.stream.IntStream.range(0, mark.length).map(i -> bytes[i] & 0xFF).toArray());
    }

    private static byte[] sha256(byte[] bytes) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(bytes);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
