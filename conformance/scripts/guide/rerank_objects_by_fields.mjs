// Runs with: node. Server: open.
// The guide: rerank e-mails by chosen fields and get the documents back.
import assert from "node:assert/strict";
import Together from "together-ai";

const together = new Together();

const query = "Which pricing did we get from Oracle?";
const documents = [
  {
    from: "Paul Doe <paul_fake_doe@oracle.com>",
    to: ["Steve <steve@me.com>", "lisa@example.com"],
    date: "2024-03-27",
    subject: "Follow-up",
    text: "We are happy to give you the following pricing for your project.",
  },
  {
    from: "John McGill <john_fake_mcgill@microsoft.com>",
    to: ["Steve <steve@me.com>"],
    date: "2024-03-28",
    subject: "Missing Information",
    text: "Sorry, but here is the pricing you asked for for the newest line of your models.",
  },
  {
    from: "John McGill <john_fake_mcgill@microsoft.com>",
    to: ["Steve <steve@me.com>"],
    date: "2024-02-15",
    subject: "Commited Pricing Strategy",
    text: "I know we went back and forth on this during the call but the pricing for now should follow the agreement at hand.",
  },
  {
    from: "Generic Airline Company<no_reply@generic_airline_email.com>",
    to: ["Steve <steve@me.com>"],
    date: "2023-07-25",
    subject: "Your latest flight travel plans",
    text: "Thank you for choose to fly Generic Airline Company. Your booking status is confirmed.",
  },
  {
    from: "Generic SaaS Company<marketing@generic_saas_email.com>",
    to: ["Steve <steve@me.com>"],
    date: "2024-01-26",
    subject: "How to build generative AI applications using Generic Company Name",
    text: "Hey Steve! Generative AI is growing so quickly and we know you want to build fast!",
  },
  {
    from: "Paul Doe <paul_fake_doe@oracle.com>",
    to: ["Steve <steve@me.com>", "lisa@example.com"],
    date: "2024-04-09",
    subject: "Price Adjustment",
    text: "Re: our previous correspondence on 3/27 we'd like to make an amendment on our pricing proposal. We'll have to decrease the expected base price by 5%.",
  },
];

const response = await together.rerank.create({
  model: "Salesforce/Llama-Rank-V1",
  query,
  documents,
  return_documents: true,
  rank_fields: ["from", "to", "date", "subject", "text"],
});

console.log(response);

assert.deepEqual(response.results.map((result) => result.index).sort(), [0, 1, 2, 3, 4, 5]);
assert.ok([0, 5].includes(response.results[0].index), "an e-mail from Oracle comes first");
assert.ok([3, 4].includes(response.results[5].index), "an e-mail without a price comes last");
for (const result of response.results) {
  assert.equal(result.document.text, JSON.stringify(documents[result.index]));
}
