// Runs with: node. Server: table.
// The guide's table: a model gives vectors of its dimensions, and reads its maximum input to the last token.
import assert from "node:assert/strict";
import Together from "together-ai";

const model = process.env.GUIDE_MODEL;
const dimensions = Number(process.env.GUIDE_DIMENSIONS);
const words = Number(process.env.GUIDE_MAX_TOKENS) - 2; // [CLS] and [SEP] are tokens, too

const [moon, sun] = process.env.GUIDE_WORDS.split(" ");

const together = new Together();

const moons = Array(words).fill(moon);
const response = await together.embeddings.create({
  model,
  input: [
    "Our solar system orbits the Milky Way galaxy at about 515,000 mph",
    moons.join(" "),
    [...moons.slice(1), sun].join(" "),
    [...moons, sun].join(" "),
  ],
});

assert.equal(response.model, model);
const [one, full, last, over] = response.data.map((item) => item.embedding);
for (const vector of [one, full, last, over]) {
  assert.equal(vector.length, dimensions);
}
assert.notDeepEqual(full, last, "the last token of the maximum input counts");
assert.deepEqual(full, over, "what is beyond it is cut off");

const listed = (await together.models.list()).find((each) => each.id === model);
assert.equal(listed.context_length, words + 2);
assert.equal(listed.type, "embedding");
console.log(model, one.slice(0, 4));
