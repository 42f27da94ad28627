# Runs with: together-v1, together-v2, together-v3. Server: open.
"""The guide: many requests at once with the asynchronous client."""

import asyncio

from together import AsyncTogether

async_client = AsyncTogether()

texts = [
    "What are some fun things to do in New York?",
    "What are some fun things to do in Chicago?",
    "What are some fun things to do in Jacksonville?",
]


async def embed(texts):
    tasks = [
        async_client.embeddings.create(model="BAAI/bge-base-en-v1.5", input=text) for text in texts
    ]
    return await asyncio.gather(*tasks)


responses = asyncio.run(embed(texts))

for response in responses:
    print(response.data[0].embedding[:4])

assert len({tuple(response.data[0].embedding) for response in responses}) == 3
