// Runs with: node. Server: open.
// 32 clients at once; every answer is the one given alone.
import assert from "node:assert/strict";
import Together from "together-ai";

const model = "BAAI/bge-small-en-v1.5";
const callers = Array.from({ length: 32 }, (_, n) => n);

function textsOf(caller) {
  return Array.from({ length: 8 }, (_, n) => `Caller ${caller} thinks of ${"forests and ".repeat((caller * (n + 1)) % 19)}camels, part ${n}`);
}

async function ask(caller) {
  const client = new Together({ maxRetries: 0 });
  const input = textsOf(caller);
  const [embeddings, ranking] = await Promise.all([
    client.embeddings.create({ model, input }),
    client.rerank.create({ model, query: input[2], documents: input, top_n: 1 }),
  ]);
  assert.equal(ranking.results[0].index, 2, `caller ${caller}: a text is nearest to itself`);
  return embeddings.data.map((item) => item.embedding);
}

const crowd = await Promise.all(callers.map(ask));

const client = new Together();
for (const caller of callers) {
  const alone = await client.embeddings.create({ model, input: textsOf(caller)[7] });
  assert.deepEqual(crowd[caller][7], alone.data[0].embedding, `caller ${caller} got other bits in the crowd than alone`);
}
