// Runs with: node. Server: open.
// OpenAI's SDK asks for base64 by itself and decodes blindly; the vectors are those of an explicit float request.
import assert from "node:assert/strict";
import OpenAI from "openai";

const client = new OpenAI();
const model = "BAAI/bge-small-en-v1.5";
const input = ["Our solar system orbits the Milky Way galaxy at about 515,000 mph", "vicuña", ""];

const byDefault = await client.embeddings.create({ model, input });
const floats = await client.embeddings.create({ model, input, encoding_format: "float" });

assert.deepEqual(byDefault.data.map((item) => item.index), [0, 1, 2]);
for (const [n, item] of byDefault.data.entries()) {
  assert.equal(item.embedding.length, 384);
  assert.deepEqual(Float32Array.from(item.embedding), Float32Array.from(floats.data[n].embedding));
}
assert.ok(byDefault.usage.prompt_tokens > 0);
assert.equal(byDefault.usage.total_tokens, byDefault.usage.prompt_tokens);

await assert.rejects(client.embeddings.create({ model, input, dimensions: 128 }), OpenAI.BadRequestError);
