# Runs with: together-v1, together-v2, together-v3. Server: chat.
"""Answers whole and in pieces, by the plain and the asynchronous client; and what the list of models says."""

import asyncio

from together import AsyncTogether, Together

MODEL = "meta-llama/Meta-Llama-3.1-8B-Instruct-Turbo"
ASK = {
    "model": MODEL,
    "messages": [{"role": "user", "content": "Why is the sky blue?"}],
    "max_tokens": 20,
    "temperature": 0,
}


def text(chunks):
    assert all(chunk.model == MODEL for chunk in chunks), chunks
    return "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices)


client = Together()
whole = client.chat.completions.create(**ASK)
assert whole.model == MODEL
answer = whole.choices[0].message.content
assert answer and whole.usage.completion_tokens == 20

pieces = list(client.chat.completions.create(**ASK, stream=True))
assert len(pieces) > 3, pieces
assert text(pieces) == answer


async def asynchronously():
    other = AsyncTogether()
    assert (await other.chat.completions.create(**ASK)).choices[0].message.content == answer
    stream = await other.chat.completions.create(**ASK, stream=True)
    assert text([chunk async for chunk in stream]) == answer


asyncio.run(asynchronously())

if hasattr(client.models, "list_supported"):
    models = {model.id: model for model in client.models.list_supported()}
    assert models[MODEL].display_type == "chat" and models[MODEL].capabilities == ["CAPABILITY_CHAT"]
else:
    models = {model.id: model for model in client.models.list()}
    assert str(getattr(models[MODEL].type, "value", models[MODEL].type)) == "chat"
