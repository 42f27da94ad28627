// Runs with: node. Server: open.
// Errors reach OpenAI's SDK unwrapped: class, status, code and the field at fault.
import assert from "node:assert/strict";
import OpenAI from "openai";

const client = new OpenAI({ maxRetries: 0 });
const model = "BAAI/bge-small-en-v1.5";

async function refused(kind, status, promise) {
  const error = await promise.then(() => null, (reason) => reason);
  assert.ok(error instanceof kind, `${kind.name} was expected, not ${error}`);
  console.log(`${error.constructor.name}: ${error.message}`);
  assert.equal(error.status, status);
  assert.equal(error.type, "invalid_request_error");
  return error;
}

const missing = await refused(OpenAI.NotFoundError, 404, client.embeddings.create({ model: "no/such-model", input: "text" }));
assert.equal(missing.code, "model_not_found");
const empty = await refused(OpenAI.BadRequestError, 400, client.embeddings.create({ model, input: [] }));
assert.equal(empty.param, "input");
await refused(OpenAI.BadRequestError, 400, client.embeddings.create({ model, input: [[1, 2], [3]] }));
