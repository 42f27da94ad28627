// Runs with: node. Server: open.
// OpenAI's SDK lists the models and finds one by a name with a slash.
import assert from "node:assert/strict";
import OpenAI from "openai";

const client = new OpenAI();

const models = [];
for await (const model of client.models.list()) {
  console.log(model);
  models.push(model.id);
}
assert.ok(models.includes("BAAI/bge-small-en-v1.5"));

const small = await client.models.retrieve("BAAI/bge-small-en-v1.5");
assert.equal(small.id, "BAAI/bge-small-en-v1.5");
assert.ok(small.owned_by);

await assert.rejects(client.models.retrieve("no/such-model"), (error) => {
  assert.ok(error instanceof OpenAI.NotFoundError);
  assert.equal(error.code, "model_not_found");
  return true;
});
