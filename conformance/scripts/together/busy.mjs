// Runs with: node. Server: small.
// A full queue says 429 with how long to wait, and the SDK's own retries carry every request through.
import assert from "node:assert/strict";
import Together from "together-ai";

const model = "BAAI/bge-small-en-v1.5";
const input = Array.from({ length: 8 }, (_, n) => `A text that fills the queue, number ${n}, ${"with many words ".repeat(40)}`);

function ask(maxRetries) {
  return new Together({ maxRetries }).embeddings.create({ model, input });
}

const atOnce = await Promise.allSettled(Array.from({ length: 16 }, () => ask(0)));
const refusals = atOnce.filter((answer) => answer.status === "rejected").map((answer) => answer.reason);
console.log(`${16 - refusals.length} answered, ${refusals.length} refused`);
assert.ok(refusals.length > 0 && refusals.length < 16);
for (const refusal of refusals) {
  assert.ok(refusal instanceof Together.RateLimitError);
  assert.ok(Number(refusal.headers.get("retry-after")) > 0);
}

const patient = await Promise.all(Array.from({ length: 8 }, () => ask(20)));
assert.ok(patient.every((answer) => answer.data.length === 8), "everybody is answered in the end");
