# Runs with: together-v2, together-v3. Server: open.
"""Every reply passes the SDK's own strict validation, by whichever base URL and client it came."""

import asyncio
import os

from together import AsyncTogether, Together

ROOT = os.environ["TUTTI_ROOT"]
BASES = [ROOT, ROOT + "/", ROOT + "/v1", ROOT + "/v1/"]
DOCUMENTS = [{"title": "bar", "text": "bar"} for _ in range(4)]

EMBEDDINGS = [
    {"model": "togethercomputer/m2-bert-80M-8k-retrieval", "input": "Our solar system orbits the Milky Way"},
    {"model": "WhereIsAI/UAE-Large-V1", "input": ["one", "two", ""]},
]
RERANKS = [
    {"model": "Salesforce/Llama-Rank-V1", "query": "What animals can I find near Peru?", "documents": DOCUMENTS},
    {
        "model": "Salesforce/Llama-Rank-v1",
        "query": "What animals can I find near Peru?",
        "documents": DOCUMENTS,
        "rank_fields": ["title", "text"],
        "return_documents": True,
        "top_n": 2,
    },
    {"model": "Salesforce/Llama-Rank-V1", "query": "a llama", "documents": ["panda", "llama"], "return_documents": False},
]


def check_embeddings(request, reply):
    count = 1 if isinstance(request["input"], str) else len(request["input"])
    assert [item.index for item in reply.data] == list(range(count))
    assert all(len(item.embedding) == 384 for item in reply.data)
    assert reply.model == request["model"]


def check_rerank(request, reply):
    assert len(reply.results) == request.get("top_n", len(request["documents"]))
    assert reply.model == request["model"]
    assert reply.usage.total_tokens == reply.usage.prompt_tokens > 0
    if request["documents"] is DOCUMENTS:
        assert [result.index for result in reply.results] == list(range(len(reply.results))), "ties go by index"
    for result in reply.results:
        expected = '{"title":"bar","text":"bar"}' if request.get("return_documents") else None
        assert result.document.text == expected


def check_models(reply):
    names = [model.name if hasattr(model, "name") else model.id for model in reply]
    assert "BAAI/bge-small-en-v1.5" in names


def sync(base):
    with Together(base_url=base, _strict_response_validation=True) as client:
        for request in EMBEDDINGS:
            check_embeddings(request, client.embeddings.create(**request))
        for request in RERANKS:
            check_rerank(request, client.rerank.create(**request))
        supported = getattr(client.models, "list_supported", None)
        check_models(list(supported()) if supported else client.models.list())


async def asynchronous(base):
    async with AsyncTogether(base_url=base, _strict_response_validation=True) as client:
        for request in EMBEDDINGS:
            check_embeddings(request, await client.embeddings.create(**request))
        for request in RERANKS:
            check_rerank(request, await client.rerank.create(**request))
        supported = getattr(client.models, "list_supported", None)
        check_models([model async for model in supported()] if supported else await client.models.list())


for base in BASES:
    print(base)
    sync(base)
    asyncio.run(asynchronous(base))
