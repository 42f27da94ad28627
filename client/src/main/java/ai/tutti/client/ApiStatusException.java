package ai.tutti.client;

import java.net.http.HttpHeaders;
import org.jspecify.annotations.Nullable;

/**
 * The service answered with an error. Its message is the one of the service's envelope; statuses with a meaning of their own
 * have a class of their own, the others are of this one.
 */
public sealed class ApiStatusException extends TuttiException
        permits AuthenticationException,
                BadRequestException,
                ConflictException,
                InternalServerException,
                NotFoundException,
                PermissionDeniedException,
                RateLimitException,
                UnprocessableEntityException {
    private final transient Failure failure;

    ApiStatusException(Failure failure) {
        super(failure.message(), null);
        this.failure = failure;
    }

    static ApiStatusException of(Failure failure) {
        return switch (failure.status()) {
            case 400 -> new BadRequestException(failure);
            case 401 -> new AuthenticationException(failure);
            case 403 -> new PermissionDeniedException(failure);
            case 404 -> new NotFoundException(failure);
            case 409 -> new ConflictException(failure);
            case 422 -> new UnprocessableEntityException(failure);
            case 429 -> new RateLimitException(failure);
            default -> failure.status() >= 500 ? new InternalServerException(failure) : new ApiStatusException(failure);
        };
    }

    /** The HTTP status; 200 where a reply began well and its stream then brought an error. */
    public int status() {
        return failure.status();
    }

    /** The envelope's {@code type}, for instance {@code invalid_request_error}; null if the reply had none. */
    public @Nullable String type() {
        return failure.type();
    }

    /** The envelope's {@code code}, for programs, for instance {@code model_not_found}; null if the reply had none. */
    public @Nullable String code() {
        return failure.code();
    }

    /** The field of the request that is wrong, such as {@code input[3]}; null if the reply named none. */
    public @Nullable String param() {
        return failure.param();
    }

    /** What to tell the operator of the service; null if the reply had none. */
    public @Nullable String requestId() {
        return failure.requestId();
    }

    /** All headers of the reply. */
    public HttpHeaders headers() {
        return failure.headers();
    }

    /** With what an operator wants to know; the message stays the service's own. */
    @Override
    @SuppressWarnings("OverrideThrowableToString")
    public String toString() {
        StringBuilder text = new StringBuilder(super.toString()).append(" (status ").append(status());
        if (code() != null) {
            text.append(", code ").append(code());
        }
        if (requestId() != null) {
            text.append(", request ").append(requestId());
        }
        return text.append(')').toString();
    }
}
