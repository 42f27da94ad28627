package ai.tutti.engine.kernel;

/**
 * A oneDNN primitive, generated for one {@link PlanSpec}: immutable, used by all workers at once, kept as long as the
 * process.
 *
 * @param id a small number, the plan's place in every worker's table
 * @param primitive oneDNN's handle
 * @param implementation the name of the kernel that oneDNN chose
 * @param arguments oneDNN's number of each argument, in the order in which a {@link Call} takes the addresses
 * @param descs the arguments' descriptions
 * @param scratchBytes working memory that a worker must lend
 */
record Plan(int id, long primitive, String implementation, int[] arguments, long[] descs, long scratchBytes) {}
