// Answers from documents in four steps: embed the question, search, rerank, and have a chat model answer with its sources.
//
//     npm install together-ai
//     node examples/rag.mjs
//
// Talks to a Tutti server on this machine, or to wherever TOGETHER_BASE_URL points. The chat model is one of another server's,
// which Tutti passes the question on to: ./tutti serve --chat-upstream URL --chat-models MODEL=THEIRS

import Together from "together-ai";

const model = "BAAI/bge-small-en-v1.5";
const chatModel = process.env.CHAT_MODEL ?? "meta-llama/Meta-Llama-3.1-8B-Instruct-Turbo";

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

const library = await embed(documents); // once; a vector database would keep it

// 1. The question's vector.
const [wanted] = await embed([question]);

// 2. The documents whose vectors point most nearly the same way.
const candidates = [...documents.keys()]
  .sort((a, b) => cosine(library[b], wanted) - cosine(library[a], wanted))
  .slice(0, 20);

// 3. A closer look at those, of which the best are kept.
const ranking = await client.rerank.create({
  model,
  query: question,
  documents: candidates.map((n) => documents[n]),
  top_n: 3,
});
const sources = ranking.results.map((result) => documents[candidates[result.index]]);

// 4. An answer from the sources.
const numbered = sources.map((source, n) => `[${n + 1}] ${source}`).join("\n");
const stream = await client.chat.completions.create({
  model: chatModel,
  messages: [
    { role: "system", content: `Answer from these sources alone, and name them by number:\n${numbered}` },
    { role: "user", content: question },
  ],
  stream: true,
});

console.log(question);
console.log(numbered);
for await (const chunk of stream) {
  process.stdout.write(chunk.choices[0]?.delta?.content ?? "");
}
console.log();
