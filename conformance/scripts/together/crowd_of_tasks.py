# Runs with: together-v2, together-v3. Server: open.
"""32 asynchronous clients at once; every answer is the one given alone."""

import asyncio

from together import AsyncTogether, Together

MODEL = "BAAI/bge-small-en-v1.5"


def texts_of(caller):
    return [f"Caller {caller} wonders about {'rivers and ' * (caller * n % 29)}pandas, part {n}" for n in range(1, 9)]


async def ask(caller):
    async with AsyncTogether(max_retries=0) as client:
        texts = texts_of(caller)
        embeddings, ranking = await asyncio.gather(
            client.embeddings.create(model=MODEL, input=texts),
            client.rerank.create(model=MODEL, query=texts[5], documents=texts, top_n=1),
        )
        assert [result.index for result in ranking.results] == [5], f"caller {caller}: a text is nearest to itself"
        return [item.embedding for item in embeddings.data]


async def crowd():
    return await asyncio.gather(*(ask(caller) for caller in range(32)))


together = asyncio.run(crowd())

client = Together()
for caller in range(32):
    alone = [client.embeddings.create(model=MODEL, input=text).data[0].embedding for text in texts_of(caller)[:2]]
    assert together[caller][:2] == alone, f"caller {caller} got other bits in the crowd than alone"
