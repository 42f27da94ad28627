// Runs with: node. Server: open.
// The same answers by every base URL that users of Together's SDKs have; raw responses carry Tutti's headers.
import assert from "node:assert/strict";
import Together from "together-ai";

const root = process.env.TUTTI_ROOT;
const model = "BAAI/bge-small-en-v1.5";
let first;

for (const baseURL of [`${root}/v1`, root, `${root}/v1/v1`]) {
  const client = new Together({ baseURL });
  const { data, response } = await client.embeddings.create({ model, input: "a llama" }).withResponse();
  assert.equal(response.status, 200);
  assert.match(response.headers.get("x-tutti-precision"), /^(f32|bf16)$/);
  first ??= data.data[0].embedding;
  assert.deepEqual(data.data[0].embedding, first, baseURL);
  const ranked = await client.rerank.create({ model, query: "llama", documents: ["panda", "llama"] });
  assert.deepEqual(ranked.results.map((result) => result.index), [1, 0]);
  assert.ok(Array.isArray(await client.models.list()));
}
