// Runs with: node. Server: open.
// The README of the SDK: list the models that are served.
import assert from "node:assert/strict";
import Together from "together-ai";

const client = new Together();

const models = await client.models.list();

for (const model of models) {
  console.log(model);
}

const small = models.find((model) => model.id === "BAAI/bge-small-en-v1.5");
assert.equal(small.object, "model");
assert.equal(small.type, "embedding");
assert.equal(small.context_length, 512);
assert.deepEqual(Object.values(small.pricing).filter((price) => price !== 0), []);
const alias = models.find((model) => model.id === "Salesforce/Llama-Rank-V1");
assert.match(alias.display_name, /bge-small-en-v1\.5/, "an alias says what really serves it");
