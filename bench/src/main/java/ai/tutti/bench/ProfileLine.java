package ai.tutti.bench;

/** One executed primitive, from a line of oneDNN's profile. */
record ProfileLine(String kind, double millis) {
    private static final int PRIMITIVE = 5;

    static boolean isOne(String line) {
        return line.startsWith("onednn_verbose,v1,primitive,exec,");
    }

    /** Fields between commas: ..., exec, engine, primitive, implementation, ..., problem, milliseconds. */
    static ProfileLine parse(String line) {
        var fields = line.split(",");
        var problem = fields[fields.length - 2];
        return new ProfileLine(kind(fields[PRIMITIVE], problem), Double.parseDouble(fields[fields.length - 1]));
    }

    /** A matmul of two matrices is a linear layer, told apart by its weights' shape; batches of heads are attention. */
    private static String kind(String primitive, String problem) {
        if (!primitive.equals("matmul")) {
            return primitive;
        }
        var sides = problem.split(":");
        return sides[1].split("x").length == 2
                ? "linear, " + sides[1]
                : "attention's products, %s by %s".formatted(oneHead(sides[0]), oneHead(sides[1]));
    }

    private static String oneHead(String shape) {
        return shape.substring(shape.indexOf('x') + 1);
    }
}
