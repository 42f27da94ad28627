// Runs with: node. Server: open.
// The guide: many texts in one request; vectors come back in the order of the texts.
import assert from "node:assert/strict";
import Together from "together-ai";

const client = new Together();

const response = await client.embeddings.create({
  model: "BAAI/bge-large-en-v1.5",
  input: [
    "Our solar system orbits the Milky Way galaxy at about 515,000 mph",
    "Jupiter's Great Red Spot is a storm that has been raging for at least 350 years.",
  ],
});

for (const item of response.data) {
  console.log(item.index, item.embedding.slice(0, 4));
}

assert.deepEqual(response.data.map((item) => item.index), [0, 1]);
assert.ok(response.data.every((item) => item.embedding.length === 384));
assert.notDeepEqual(response.data[0].embedding, response.data[1].embedding);
