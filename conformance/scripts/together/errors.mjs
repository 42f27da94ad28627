// Runs with: node. Server: open.
// What a caller did wrong reaches it as the SDK's own exception, with Together's envelope inside.
import assert from "node:assert/strict";
import Together from "together-ai";

const client = new Together({ maxRetries: 0 });
const model = "BAAI/bge-small-en-v1.5";

async function refused(kind, status, promise, details = {}) {
  const error = await promise.then(() => null, (reason) => reason);
  assert.ok(error instanceof kind, `${kind.name} was expected, not ${error}`);
  console.log(`${error.constructor.name}: ${error.message}`);
  assert.equal(error.status, status);
  const envelope = error.error.error;
  assert.ok(envelope.message);
  assert.equal(envelope.type, "invalid_request_error");
  for (const [key, value] of Object.entries(details)) {
    assert.equal(envelope[key], value);
  }
}

await refused(Together.NotFoundError, 404, client.embeddings.create({ model: "no/such-model", input: "text" }), {
  code: "model_not_found",
});
await refused(Together.BadRequestError, 400, client.embeddings.create({ model, input: [] }), { param: "input" });
await refused(Together.BadRequestError, 400, client.embeddings.create({ model }), { param: "input" });
await refused(Together.BadRequestError, 400, client.rerank.create({ model, query: "q", documents: ["d"], top_n: 0 }), {
  param: "top_n",
});
await refused(Together.BadRequestError, 400, client.rerank.create({ model, query: "q", documents: [] }), {
  param: "documents",
});
await refused(Together.NotFoundError, 404, client.get("/_stainless_unknown_path"));
