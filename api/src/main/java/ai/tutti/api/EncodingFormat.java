package ai.tutti.api;

import com.fasterxml.jackson.annotation.JsonProperty;

/** How a vector is written. */
public enum EncodingFormat {
    /** A list of numbers. */
    @JsonProperty("float")
    FLOAT,
    /** Base64 of the little-endian 32-bit floats. */
    @JsonProperty("base64")
    BASE64
}
