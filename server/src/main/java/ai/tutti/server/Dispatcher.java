package ai.tutti.server;

import io.vertx.core.Handler;
import io.vertx.core.net.impl.ConnectionBase;
import io.vertx.ext.web.RoutingContext;

/**
 * Runs an endpoint on a virtual thread. When the caller hangs up, or the reply ends otherwise than by the endpoint, the
 * thread is interrupted, which closes whatever it was waiting for.
 *
 * <p>Only the operating system can take a core from a thread that parses and tokenises for seconds; virtual threads keep
 * theirs until they wait. So requests with more than {@value #LARGE} bytes get a platform thread, or two of them would make
 * everybody else wait. There are never many: the bodies under way have a budget, and such a one counts until its reply ends.
 *
 * @param patience how long the two sides of a reply wait for each other
 */
record Dispatcher(Endpoint endpoint, Patience patience) implements Handler<RoutingContext> {
    static final int LARGE = 256 << 10;

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
            endpoint.answer(new Call(context, patience));
        } catch (InterruptedException | ClientGoneException e) {
            breakOff(context);
        } catch (RuntimeException | Error e) {
            ErrorReplies.send(context, e);
        }
    }

    /** Lets nobody take a reply for whole; where the other side has left, perhaps because the server ends, nobody can. */
    private static void breakOff(RoutingContext context) {
        if (context.response().closed()) {
            return;
        }
        if (context.request().connection() instanceof ConnectionBase connection) {
            // Vert.x's own close, and the channel's, would wait for what a client that stopped reading never takes.
            var _ = connection.channelHandlerContext().close();
        } else {
            context.response().reset();
        }
    }
}
