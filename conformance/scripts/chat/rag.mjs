// Runs with: node. Server: chat.
// The guide: retrieve, rerank and answer, with one base URL; its vector database is a list here.
import assert from "node:assert/strict";
import Together from "together-ai";

const client = new Together();

const texts = [
  "Photosynthesis turns sunlight, water and carbon dioxide into sugar and oxygen.",
  "Chlorophyll absorbs light.",
  ...Array.from({ length: 24 }, (_, hour) => `The train at ${hour} o'clock stops at every station.`),
  "The mitochondrion makes ATP by respiration.",
  "Plates of rock drift on the mantle of the Earth.",
];
const library = await client.embeddings.create({ model: "BAAI/bge-large-en-v1.5", input: texts });
const vectorDb = {
  async search(embedding, { topK }) {
    const cosine = ({ embedding: other }) => other.reduce((sum, x, i) => sum + x * embedding[i], 0);
    return [...library.data]
      .sort((a, b) => cosine(b) - cosine(a))
      .slice(0, topK)
      .map((item) => ({ text: texts[item.index] }));
  },
};

// 1. Generate query embedding
const queryEmbedding = (
  await client.embeddings.create({
    model: "BAAI/bge-large-en-v1.5",
    input: "How does photosynthesis work?",
  })
).data[0].embedding;

// 2. Retrieve candidates from vector DB (your code)
const candidates = await vectorDb.search(queryEmbedding, { topK: 20 });

// 3. Rerank for precision
const reranked = await client.rerank.create({
  model: "Salesforce/Llama-Rank-V1",
  query: "How does photosynthesis work?",
  documents: candidates.map((c) => c.text),
  top_n: 5,
});

// 4. Use top results as context for LLM
const context = reranked.results.map((r) => candidates[r.index].text).join("\n");
const response = await client.chat.completions.create({
  model: "meta-llama/Meta-Llama-3.1-8B-Instruct-Turbo",
  messages: [
    { role: "system", content: `Answer based on this context:\n${context}` },
    { role: "user", content: "How does photosynthesis work?" },
  ],
});

console.log(response.choices[0].message.content);

assert.equal(candidates.length, 20);
assert.equal(reranked.results.length, 5);
assert.ok(context.startsWith("Photosynthesis turns sunlight"), context);
assert.equal(response.model, "meta-llama/Meta-Llama-3.1-8B-Instruct-Turbo");
assert.equal(response.choices[0].message.role, "assistant");
assert.ok(response.choices[0].message.content);
assert.ok(response.usage.prompt_tokens > context.length, "the context was sent, one token a byte");
