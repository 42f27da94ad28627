// Runs with: node. Server: open.
// The API reference: rerank objects by all of their keys.
import assert from "node:assert/strict";
import Together from "together-ai";

const client = new Together({
  apiKey: process.env.TOGETHER_API_KEY,
});

const documents = [
  {
    title: "Llama",
    text: "The llama is a domesticated South American camelid, widely used as a meat and pack animal by Andean cultures since the pre-Columbian era.",
  },
  {
    title: "Panda",
    text: "The giant panda (Ailuropoda melanoleuca), also known as the panda bear or simply panda, is a bear species endemic to China.",
  },
  {
    title: "Guanaco",
    text: "The guanaco is a camelid native to South America, closely related to the llama. Guanacos are one of two wild South American camelids; the other species is the vicuña, which lives at higher elevations.",
  },
  {
    title: "Wild Bactrian camel",
    text: "The wild Bactrian camel (Camelus ferus) is an endangered species of camel endemic to Northwest China and southwestern Mongolia.",
  },
];

const response = await client.rerank.create({
  model: "mixedbread-ai/Mxbai-Rerank-Large-V2",
  query: "What animals can I find near Peru?",
  documents,
});

for (const result of response.results) {
  console.log(`Rank: ${result.index + 1}`);
  console.log(`Title: ${documents[result.index].title}`);
  console.log(`Text: ${documents[result.index].text}`);
}

assert.equal(response.results.length, 4);
assert.equal(response.results[0].index, 0, "the llama comes first");
assert.equal(response.results[3].index, 1, "the panda comes last");
