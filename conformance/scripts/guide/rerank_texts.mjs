// Runs with: node. Server: open.
// The guide: rerank plain texts and keep the best two.
import assert from "node:assert/strict";
import Together from "together-ai";

const together = new Together();

const query = "What animals can I find near Peru?";
const documents = [
  "The giant panda (Ailuropoda melanoleuca), also known as the panda bear or simply panda, is a bear species endemic to China.",
  "The llama is a domesticated South American camelid, widely used as a meat and pack animal by Andean cultures since the pre-Columbian era.",
  "The wild Bactrian camel (Camelus ferus) is an endangered species of camel endemic to Northwest China and southwestern Mongolia.",
  "The guanaco is a camelid native to South America, closely related to the llama. Guanacos are one of two wild South American camelids; the other species is the vicuña, which lives at higher elevations.",
];

const response = await together.rerank.create({
  model: "Salesforce/Llama-Rank-V1",
  query,
  documents,
  top_n: 2,
});

for (const result of response.results) {
  console.log(`Document index: ${result.index}`);
  console.log(`Document: ${documents[result.index]}`);
  console.log(`Relevance score: ${result.relevance_score}`);
}

assert.equal(response.object, "rerank");
assert.equal(response.model, "Salesforce/Llama-Rank-V1");
assert.ok(response.id);
assert.equal(response.results.length, 2);
assert.equal(response.results[0].index, 1, "the llama comes first");
assert.ok(response.results[0].relevance_score >= response.results[1].relevance_score);
assert.deepEqual(response.results[0].document, {});
assert.equal(response.usage.completion_tokens, 0);
assert.equal(response.usage.total_tokens, response.usage.prompt_tokens);
