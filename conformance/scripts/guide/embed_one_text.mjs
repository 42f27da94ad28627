// Runs with: node. Server: open.
// The guide: one text, one vector.
import assert from "node:assert/strict";
import Together from "together-ai";

const together = new Together();

const response = await together.embeddings.create({
  model: "BAAI/bge-large-en-v1.5",
  input: "Our solar system orbits the Milky Way galaxy at about 515,000 mph",
});

console.log(response.data[0].embedding);

assert.equal(response.object, "list");
assert.equal(response.model, "BAAI/bge-large-en-v1.5");
assert.equal(response.data.length, 1);
assert.equal(response.data[0].index, 0);
assert.equal(response.data[0].object, "embedding");
assert.equal(response.data[0].embedding.length, 384);
