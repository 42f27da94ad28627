# Runs with: together-v1. Server: open.
"""The first SDK validates every reply; extra keywords go onto the wire; both of its clients read the same vectors."""

import asyncio

from together import AsyncTogether, Together

client = Together()
TEXTS = ["Our solar system", "vicuña", "", "南美洲的动物", "🦙"]

plain = client.embeddings.create(model="BAAI/bge-small-en-v1.5", input=TEXTS)
assert [item.index for item in plain.data] == [0, 1, 2, 3, 4]

cut = client.embeddings.create(model="BAAI/bge-small-en-v1.5", input="word " * 2000, truncate="end")
assert len(cut.data[0].embedding) == 384

silent = client.rerank.create(model="Salesforce/Llama-Rank-V1", query="llama", documents=["panda", "llama"])
assert all(result.document == {} for result in silent.results)
spoken = client.rerank.create(
    model="Salesforce/Llama-Rank-V1", query="llama", documents=["panda", "llama"], return_documents=True
)
assert [result.document for result in spoken.results] == [{"text": "llama"}, {"text": "panda"}]
beyond = client.rerank.create(model="Salesforce/Llama-Rank-V1", query="llama", documents=["panda"], top_n=10)
assert len(beyond.results) == 1

assert client.models.list(dedicated=True) == client.models.list(), "every model runs on a machine of the user's own"


async def asynchronous():
    client = AsyncTogether()
    again = await client.embeddings.create(model="BAAI/bge-small-en-v1.5", input=TEXTS)
    assert [item.embedding for item in again.data] == [item.embedding for item in plain.data]
    ranked = await client.rerank.create(model="Salesforce/Llama-Rank-V1", query="llama", documents=["panda", "llama"])
    assert [result.index for result in ranked.results] == [1, 0]
    assert any(model.id == "BAAI/bge-small-en-v1.5" for model in await client.models.list())


asyncio.run(asynchronous())
