package ai.tutti.server;

import io.vertx.core.Handler;
import io.vertx.ext.web.RoutingContext;

/**
 * Runs an endpoint on a virtual thread. When the caller hangs up, or the reply ends otherwise than by the endpoint, the
 * thread is interrupted, which closes whatever it was waiting for.
 *
 * <p>Only the operating system can take a core from a thread that parses and tokenises for seconds; virtual threads keep
 * theirs until they wait. So requests with more than {@value #LARGE} bytes get a platform thread, or two of them would make
 * everybody else wait. There are never many: the bodies under way have a budget.
 */
record Dispatcher(Endpoint endpoint) implements Handler<RoutingContext> {
    private static final int LARGE = 256 << 10;

    @Override
    public void handle(RoutingContext context) {
        Thread.Builder kind = UploadReader.bodyLength(context) > LARGE ? Thread.ofPlatform().daemon() : Thread.ofVirtual();
        Thread thread = kind.name("tutti-request-" + RequestId.of(context)).unstarted(() -> answer(context));
        context.addEndHandler(end -> {
            if (end.failed()) {
                thread.interrupt();
            }
        });
        thread.start();
    }

    private void answer(RoutingContext context) {
        try {
            endpoint.answer(new Call(context));
        } catch (InterruptedException | ClientGoneException e) {
            context.response().reset();
        } catch (RuntimeException | Error e) {
            ErrorReplies.send(context, e);
        }
    }
}
