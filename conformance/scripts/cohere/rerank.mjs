// Runs with: node. Server: open.
// Cohere's SDK, both of its generations, with the bare base URL and with one that ends in /v1.
import assert from "node:assert/strict";
import { CohereClient, CohereClientV2, CohereError } from "cohere-ai";

const root = process.env.TUTTI_ROOT;
const model = "Salesforce/Llama-Rank-V1";
const query = "What is the capital of the United States?";
const documents = [
  "Carson City is the capital city of the American state of Nevada.",
  "The Commonwealth of the Northern Mariana Islands is a group of islands in the Pacific Ocean. Its capital is Saipan.",
  "Washington, D.C. is the capital of the United States. It is a federal district.",
  "Capital punishment has existed in the United States since before it was a country.",
];

for (const baseUrl of [root, `${root}/`, `${root}/v1`]) {
  const first = new CohereClient({ token: "any", baseUrl });
  const ranked = await first.rerank({ model, query, documents, topN: 3 });
  console.log(ranked);
  assert.equal(ranked.results[0].index, 2);
  assert.equal(ranked.results.length, 3);

  const spoken = await first.rerank({ model, query, documents, topN: 1, returnDocuments: true });
  assert.equal(spoken.results[0].document.text, documents[2]);

  const objects = documents.map((text, n) => ({ title: `Entry ${n}`, text }));
  const fields = await first.rerank({ model, query, documents: objects, rankFields: ["text"], topN: 1 });
  assert.equal(fields.results[0].index, 2);

  const second = new CohereClientV2({ token: "any", baseUrl });
  const again = await second.rerank({ model, query, documents, topN: 3, maxTokensPerDoc: 4096 });
  assert.deepEqual(
    again.results.map((result) => [result.index, result.relevanceScore]),
    ranked.results.map((result) => [result.index, result.relevanceScore]),
  );

  await assert.rejects(second.rerank({ model: "no/such-model", query, documents }), (error) => {
    assert.ok(error instanceof CohereError);
    assert.equal(error.statusCode, 404);
    return true;
  });
  await assert.rejects(second.rerank({ model, query, documents, topN: 0 }), (error) => {
    assert.equal(error.statusCode, 400);
    return true;
  });
}
