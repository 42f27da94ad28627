// Runs with: node. Server: small.
// A body over the server's limit is answered with 413, not with a broken connection.
import assert from "node:assert/strict";
import Together from "together-ai";

const client = new Together({ maxRetries: 0 });
const model = "BAAI/bge-small-en-v1.5";

await assert.rejects(client.embeddings.create({ model, input: "a".repeat(3_000_000) }), (error) => {
  console.log(error);
  assert.ok(error instanceof Together.APIError);
  assert.equal(error.status, 413);
  return true;
});
assert.equal((await client.embeddings.create({ model, input: "a" })).data.length, 1);
