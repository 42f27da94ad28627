// Runs with: node. Server: open.
// Prints the vectors of a few texts as hexadecimal float32, so that clients can be compared bit by bit.
import { readFileSync } from "node:fs";
import OpenAI from "openai";

const input = JSON.parse(readFileSync(process.env.TUTTI_TEXTS, "utf8"));
const reply = await new OpenAI().embeddings.create({ model: "BAAI/bge-small-en-v1.5", input });
for (const item of reply.data) {
  console.log(Buffer.from(Float32Array.from(item.embedding).buffer).toString("hex"));
}
