package ai.tutti.hub;

import static java.util.Objects.requireNonNull;

/**
 * A file on the hub, as it is at one commit.
 *
 * @param path its name in the repository, with forward slashes
 * @param etag what names its content: the SHA-256 of large files, the git hash of small ones
 * @param size in bytes
 */
record RemoteFile(String path, String etag, long size) {
    RemoteFile {
        requireNonNull(path, "path is null");
        requireNonNull(etag, "etag is null");
    }
}
