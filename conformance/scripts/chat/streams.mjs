// Runs with: node. Server: chat.
// Answers whole and in pieces, by Together's and OpenAI's client; one that is given up; what is refused.
import assert from "node:assert/strict";
import OpenAI from "openai";
import Together from "together-ai";

const model = "meta-llama/Meta-Llama-3.1-8B-Instruct-Turbo";
const ask = { model, messages: [{ role: "user", content: "Why is the sky blue?" }], max_tokens: 20, temperature: 0 };

for (const client of [new Together(), new OpenAI()]) {
  const whole = await client.chat.completions.create(ask);
  assert.equal(whole.model, model);
  const answer = whole.choices[0].message.content;
  assert.ok(answer);

  let text = "";
  let pieces = 0;
  for await (const chunk of await client.chat.completions.create({ ...ask, stream: true })) {
    assert.equal(chunk.model, model);
    text += chunk.choices[0]?.delta?.content ?? "";
    pieces++;
  }
  assert.equal(text, answer);
  assert.ok(pieces > 3);

  const long = await client.chat.completions.create({ ...ask, model: "endless", max_tokens: 10_000, stream: true });
  for await (const chunk of long) {
    assert.equal(chunk.model, "endless");
    break; // hangs up
  }

  await assert.rejects(client.chat.completions.create({ ...ask, messages: [] }), (error) => {
    assert.equal(error.status, 400);
    assert.match(error.message, /`messages` is an empty list/);
    return true;
  });
}

const listed = (await new OpenAI().models.list()).data.find((entry) => entry.id === model);
assert.equal(listed.type, "chat");
assert.match(listed.served_by, / at 127\.0\.0\.1:\d+$/);
