package ai.tutti.api;

import com.fasterxml.jackson.annotation.JsonProperty;

/** What the service shall do with a text over the model's limit. */
public enum TruncateMode {
    /** Cut off the end. */
    @JsonProperty("end")
    END,
    /** Cut off the beginning. */
    @JsonProperty("start")
    START,
    /** Refuse the request. */
    @JsonProperty("error")
    ERROR
}
