// Search in three steps: embed documents and a question, take the nearest by cosine, rerank those.
//
//     npm install together-ai
//     node examples/embed_and_rerank.mjs
//
// Talks to a Tutti server on this machine, or to wherever TOGETHER_BASE_URL points.

import Together from "together-ai";

const model = "BAAI/bge-small-en-v1.5";

const client = new Together({
  baseURL: process.env.TOGETHER_BASE_URL ?? "http://127.0.0.1:8080/v1",
  apiKey: process.env.TOGETHER_API_KEY ?? "any-key",
});

const documents = [
  "The guanaco is a wild camelid of the Andes, closely related to the llama.",
  "The giant panda lives in the bamboo forests of central China.",
  "The Andean condor soars over the mountains of Peru, Chile and Bolivia.",
  "A violoncello has four strings, tuned in fifths.",
  "The llama carries loads and gives wool to the peoples of the Andes.",
  "The polar bear hunts seals on the ice of the Arctic Ocean.",
];
const question = "Which animals live in the mountains of Peru?";

const embed = async (texts) => {
  const reply = await client.embeddings.create({ model, input: texts });
  return reply.data.map((item) => item.embedding);
};

// The vectors have length one, so their dot product is their cosine.
const cosine = (a, b) => a.reduce((sum, x, n) => sum + x * b[n], 0);

// 1. One vector for each document, and one for the question.
const library = await embed(documents);
const [wanted] = await embed([question]);

// 2. The three documents whose vectors point most nearly the same way.
const nearest = [...documents.keys()]
  .sort((a, b) => cosine(library[b], wanted) - cosine(library[a], wanted))
  .slice(0, 3);

// 3. A closer look at those three.
const ranking = await client.rerank.create({ model, query: question, documents: nearest.map((n) => documents[n]) });

console.log(question);
for (const result of ranking.results) {
  console.log(`  ${result.relevance_score.toFixed(3)}  ${documents[nearest[result.index]]}`);
}
