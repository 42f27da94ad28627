package ai.tutti.server;

import ai.tutti.engine.schedule.Deadline;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Reads bodies into memory, within limits: of one body's length, of all bodies together (an upload is admitted by the length
 * it announces, and once more with the objects that its JSON becomes), of the number of values, of the time in which nothing
 * arrives, and of the request's own time.
 *
 * <p>A body that is too long is refused at once but still read and thrown away: closing while the client writes would reset
 * the connection, and the client would never see why.
 */
final class UploadReader implements Handler<RoutingContext> {
    private static final String KEY = "tutti.body";
    private static final String UPLOAD = "tutti.upload";
    private static final long NO_TIMER = -1;

    /** Objects that take no more bytes than this always find room: a body of few values that has been read is answered. */
    private static final long FEW_VALUES = 1 << 20;

    private static final Duration COME_BACK = Duration.ofSeconds(2);

    private final Vertx vertx;
    private final long limit;
    private final long maxValues;
    private final long budget;
    private final Duration patience;
    private final AtomicLong held = new AtomicLong();

    /**
     * @param limit the longest body in bytes
     * @param maxValues the most values that a body's JSON may have
     * @param budget how many bytes all bodies under way may have together
     * @param patience how long nothing of a body may arrive
     */
    UploadReader(Vertx vertx, long limit, long maxValues, long budget, Duration patience) {
        this.vertx = vertx;
        this.limit = limit;
        this.maxValues = maxValues;
        this.budget = Math.max(limit, budget);
        this.patience = patience;
    }

    @Override
    public void handle(RoutingContext context) {
        long announced = announced(context.request());
        if (announced > limit) {
            throw Errors.bodyTooLarge(limit);
        }
        new Upload(context).begin(Math.max(0, announced));
    }

    /**
     * The body that was read; it is forgotten, so that it does not outlive its use.
     *
     * @throws ApiException when its JSON has more values than are let in
     */
    static byte[] takeBody(RoutingContext context) {
        Buffer body = context.remove(KEY);
        Upload upload = context.get(UPLOAD);
        if (body == null || upload == null) {
            return new byte[0];
        }
        byte[] bytes = body.getBytes();
        upload.admitValues(bytes);
        return bytes;
    }

    /** How long the body is that was read. */
    static int bodyLength(RoutingContext context) {
        Buffer body = context.get(KEY);
        return body == null ? 0 : body.length();
    }

    /**
     * Gives back the room that a body and its values take, which otherwise is given back when the reply ends; from any thread.
     * A body of more than {@value Dispatcher#LARGE} bytes keeps its own until then: so there are few of the threads that
     * {@link Dispatcher} gives them.
     */
    static void release(RoutingContext context) {
        Upload upload = context.get(UPLOAD);
        if (upload != null) {
            upload.releaseValues();
            if (upload.reserved.get() <= Dispatcher.LARGE) {
                upload.release();
            }
        }
    }

    /** How many bytes all bodies under way take. */
    long held() {
        return held.get();
    }

    private static long announced(HttpServerRequest request) {
        String length = request.getHeader("content-length");
        try {
            return length == null ? -1 : Long.parseLong(length);
        } catch (NumberFormatException e) {
            throw Errors.malformedHttp(400, "content-length is not a number");
        }
    }

    /** One body on its way; lives on the request's event loop, but any thread may give its room back. */
    private final class Upload {
        private final RoutingContext context;
        private final AtomicLong reserved = new AtomicLong();
        private final AtomicLong reservedForValues = new AtomicLong();
        private volatile boolean ended;
        private Buffer body = Buffer.buffer();
        private long arrivedAtLastLook;
        private boolean refused;

        Upload(RoutingContext context) {
            this.context = context;
        }

        void begin(long announced) {
            HttpServerRequest request = context.request();
            reserve(announced);
            long watch = vertx.setPeriodic(patience.toMillis(), timer -> look());
            Deadline deadline = TimeLimit.of(context);
            long alarm = deadline == null ? NO_TIMER : vertx.setTimer(Alarm.millisTo(deadline), timer -> outOfTime(deadline));
            context.addEndHandler(end -> {
                vertx.cancelTimer(watch);
                vertx.cancelTimer(alarm);
                ended = true;
                release();
                releaseValues();
            });
            context.put(UPLOAD, this);
            request.handler(this::arrive);
            request.endHandler(end -> {
                vertx.cancelTimer(watch);
                vertx.cancelTimer(alarm);
                if (!refused) {
                    context.put(KEY, body);
                    body = Buffer.buffer(); // whoever takes it has it alone
                    context.next();
                }
            });
            if ("100-continue".equalsIgnoreCase(request.getHeader("expect"))) {
                context.response().writeContinue();
            }
        }

        private void arrive(Buffer chunk) {
            if (refused) {
                return;
            }
            try {
                long length = (long) body.length() + chunk.length();
                if (length > limit) {
                    throw Errors.bodyTooLarge(limit);
                }
                reserve(length);
                body.appendBuffer(chunk);
            } catch (ApiException | OutOfMemoryError e) {
                refuse(e);
            }
        }

        private void refuse(Throwable error) {
            refused = true;
            body = Buffer.buffer();
            context.fail(error);
        }

        private void reserve(long total) {
            long more = total - reserved.get();
            if (more > 0) {
                hold(more);
                reserved.addAndGet(more);
            }
        }

        /** On the thread that takes the body, while the request may end on the event loop. */
        private void admitValues(byte[] json) {
            if (json.length <= FEW_VALUES / BodyValues.HEAVIEST) {
                return; // as nearly all requests: there is nothing to count
            }
            long bytes = BodyValues.weigh(json, maxValues, Math.max(FEW_VALUES, budget - reserved.get()));
            if (bytes <= FEW_VALUES) {
                return;
            }
            hold(bytes);
            reservedForValues.addAndGet(bytes);
            if (ended) {
                releaseValues();
            }
        }

        private void hold(long more) {
            if (held.addAndGet(more) > budget) {
                held.addAndGet(-more);
                throw Errors.unavailable(
                        "uploads_full", "bodies of %d bytes are being read already".formatted(held.get()), COME_BACK);
            }
        }

        private void release() {
            held.addAndGet(-reserved.getAndSet(0));
        }

        private void releaseValues() {
            held.addAndGet(-reservedForValues.getAndSet(0));
        }

        private void outOfTime(Deadline deadline) {
            if (!refused) {
                refuse(Errors.uploadTooLate(deadline.allowed()));
            }
        }

        private void look() {
            long arrived = context.request().bytesRead();
            if (arrived == arrivedAtLastLook && !refused) {
                refuse(Errors.uploadStalled(patience));
            }
            arrivedAtLastLook = arrived;
        }
    }
}
