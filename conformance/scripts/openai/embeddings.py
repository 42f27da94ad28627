# Runs with: neighbours. Server: open.
"""OpenAI's SDK asks for base64 by itself; the vectors are those of an explicit float request, bit for bit."""

import asyncio
import base64
import struct

import openai
from openai import AsyncOpenAI, OpenAI

client = OpenAI()
strict = OpenAI(_strict_response_validation=True)
MODEL = "BAAI/bge-small-en-v1.5"
TEXTS = ["Our solar system orbits the Milky Way galaxy at about 515,000 mph", "vicuña", ""]


def float32(vector):
    return struct.pack(f"<{len(vector)}f", *vector)


default = client.embeddings.create(model=MODEL, input=TEXTS)
floats = strict.embeddings.create(model=MODEL, input=TEXTS, encoding_format="float")
encoded = client.embeddings.create(model=MODEL, input=TEXTS, encoding_format="base64")

assert [item.index for item in default.data] == [0, 1, 2]
for a, b, c in zip(default.data, floats.data, encoded.data):
    assert len(a.embedding) == 384
    assert float32(a.embedding) == float32(b.embedding)
    assert base64.b64decode(c.embedding) == float32(a.embedding)
assert default.usage.prompt_tokens == default.usage.total_tokens > 0
assert default.object == "list"

single = client.embeddings.create(model="togethercomputer/m2-bert-80M-8k-retrieval", input=TEXTS[0], user="somebody")
assert single.data[0].embedding == default.data[0].embedding
assert single.model == "togethercomputer/m2-bert-80M-8k-retrieval"

try:
    client.embeddings.create(model=MODEL, input="text", dimensions=128)
except openai.BadRequestError as error:
    assert error.param == "dimensions"
else:
    raise AssertionError("a model without Matryoshka cannot be cut")


async def asynchronous():
    async with AsyncOpenAI() as client:
        again = await client.embeddings.create(model=MODEL, input=TEXTS)
        assert [item.embedding for item in again.data] == [item.embedding for item in default.data]


asyncio.run(asynchronous())
