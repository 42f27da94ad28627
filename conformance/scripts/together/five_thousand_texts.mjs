// Runs with: node. Server: open.
// One request with 5,000 texts under the SDK's own timeouts: every vector is there and in order.
import assert from "node:assert/strict";
import Together from "together-ai";

const client = new Together({ maxRetries: 0 });
const model = "BAAI/bge-small-en-v1.5";
const input = Array.from({ length: 5000 }, (_, n) => `farm ${n}: ${(n * 7919) % 5003} llamas`);

const start = performance.now();
const reply = await client.embeddings.create({ model, input });
console.log(`${input.length} texts in ${((performance.now() - start) / 1000).toFixed(1)} s`);

assert.deepEqual(reply.data.map((item) => item.index), input.map((_, n) => n));
for (const n of [0, 1, 31, 32, 33, 2500, 4999]) {
  const alone = await client.embeddings.create({ model, input: input[n] });
  assert.deepEqual(alone.data[0].embedding, reply.data[n].embedding, `text ${n} differs alone and among 5,000`);
}
