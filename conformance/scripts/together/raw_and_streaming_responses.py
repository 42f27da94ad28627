# Runs with: together-v2, together-v3. Server: open.
"""The SDK's raw and streaming response helpers: headers, status, and the same parsed reply."""

import asyncio

from together import AsyncTogether, Together

EMBEDDING = {"model": "BAAI/bge-small-en-v1.5", "input": ["a llama", "a panda"]}
RERANK = {"model": "Salesforce/Llama-Rank-V1", "query": "animals in Peru", "documents": ["panda", "llama"]}


def check(raw):
    assert raw.is_closed is True
    assert raw.http_request.headers.get("X-Stainless-Lang") == "python"
    assert raw.status_code == 200
    assert raw.headers["content-type"].startswith("application/json")


client = Together(_strict_response_validation=True)
embeddings = client.embeddings.with_raw_response.create(**EMBEDDING)
check(embeddings)
assert embeddings.headers["x-tutti-precision"] in ("f32", "bf16")
assert len(embeddings.parse().data) == 2

cut = client.embeddings.with_raw_response.create(model=EMBEDDING["model"], input=["short", "too long " * 1000])
lost = int(cut.headers["x-tutti-truncated-tokens"])
assert lost > 1000
assert cut.parse().usage["truncated_tokens"] == lost
assert embeddings.headers["x-tutti-truncated-tokens"] == "0"

rerank = client.rerank.with_raw_response.create(**RERANK)
check(rerank)
assert len(rerank.parse().results) == 2

with client.embeddings.with_streaming_response.create(**EMBEDDING) as streaming:
    assert not streaming.is_closed
    assert streaming.parse().data == embeddings.parse().data
assert streaming.is_closed

with client.rerank.with_streaming_response.create(**RERANK) as streaming:
    assert not streaming.is_closed
    assert b"".join(streaming.iter_bytes()).startswith(b"{")


async def asynchronous():
    async with AsyncTogether(_strict_response_validation=True) as client:
        raw = await client.embeddings.with_raw_response.create(**EMBEDDING)
        check(raw)
        assert (await raw.parse()).data == embeddings.parse().data
        async with client.rerank.with_streaming_response.create(**RERANK) as streaming:
            assert not streaming.is_closed
            assert (await streaming.parse()).results == rerank.parse().results


asyncio.run(asynchronous())
