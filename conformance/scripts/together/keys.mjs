// Runs with: node. Server: keyed.
// A server with keys: the right key passes, a wrong one raises the SDK's AuthenticationError.
import assert from "node:assert/strict";
import Together from "together-ai";

const request = { model: "BAAI/bge-small-en-v1.5", input: "text" };

assert.equal((await new Together().embeddings.create(request)).data.length, 1);

const wrong = new Together({ apiKey: `not-${process.env.TOGETHER_API_KEY}` });
await assert.rejects(wrong.embeddings.create(request), Together.AuthenticationError);
await assert.rejects(wrong.models.list(), Together.AuthenticationError);
