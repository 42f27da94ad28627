# Runs with: neighbours. Server: open.
"""Cohere's SDK, both of its generations, with the bare base URL and with one that ends in /v1."""

import os

import cohere

QUERY = "What is the capital of the United States?"
DOCUMENTS = [
    "Carson City is the capital city of the American state of Nevada.",
    "The Commonwealth of the Northern Mariana Islands is a group of islands in the Pacific Ocean. Its capital is Saipan.",
    "Washington, D.C. is the capital of the United States. It is a federal district.",
    "Capital punishment has existed in the United States since before it was a country.",
]
MODEL = "Salesforce/Llama-Rank-V1"

for base in (os.environ["TUTTI_ROOT"], os.environ["TUTTI_ROOT"] + "/v1"):
    first = cohere.Client(api_key="any", base_url=base)
    ranked = first.rerank(model=MODEL, query=QUERY, documents=DOCUMENTS, top_n=3)
    print(ranked)
    assert [result.index for result in ranked.results][0] == 2
    assert len(ranked.results) == 3

    spoken = first.rerank(model=MODEL, query=QUERY, documents=DOCUMENTS, top_n=1, return_documents=True)
    assert spoken.results[0].document.text == DOCUMENTS[2]

    second = cohere.ClientV2(api_key="any", base_url=base)
    again = second.rerank(model=MODEL, query=QUERY, documents=DOCUMENTS, top_n=3, max_tokens_per_doc=4096)
    assert [(r.index, r.relevance_score) for r in again.results] == [(r.index, r.relevance_score) for r in ranked.results]

    try:
        second.rerank(model="no/such-model", query=QUERY, documents=DOCUMENTS)
    except cohere.NotFoundError as error:
        assert "no/such-model" in str(error.body)
    else:
        raise AssertionError("a model that nobody serves was found")
    try:
        second.rerank(model=MODEL, query=QUERY, documents=DOCUMENTS, top_n=0)
    except cohere.BadRequestError as error:
        assert "top_n" in str(error.body)
    else:
        raise AssertionError("top_n 0 went through")
