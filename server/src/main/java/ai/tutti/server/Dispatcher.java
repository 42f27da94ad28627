package ai.tutti.server;

import io.vertx.core.Handler;
import io.vertx.ext.web.RoutingContext;

/**
 * Runs an endpoint on a virtual thread. When the caller hangs up, or the reply ends otherwise than by the endpoint, the thread
 * is interrupted, which closes whatever it was waiting for.
 */
record Dispatcher(Endpoint endpoint) implements Handler<RoutingContext> {
    @Override
    public void handle(RoutingContext context) {
        Thread thread = Thread.ofVirtual().name("tutti-request-" + RequestId.of(context)).unstarted(() -> answer(context));
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
