# Runs with: together-v1, together-v2, together-v3. Server: open.
"""The API reference: rerank objects by all of their keys."""

import os

from together import Together

client = Together(
    api_key=os.environ.get("TOGETHER_API_KEY"),
)

documents = [
    {
        "title": "Llama",
        "text": "The llama is a domesticated South American camelid, widely used as a meat and pack animal by Andean cultures since the pre-Columbian era.",
    },
    {
        "title": "Panda",
        "text": "The giant panda (Ailuropoda melanoleuca), also known as the panda bear or simply panda, is a bear species endemic to China.",
    },
    {
        "title": "Guanaco",
        "text": "The guanaco is a camelid native to South America, closely related to the llama. Guanacos are one of two wild South American camelids; the other species is the vicuña, which lives at higher elevations.",
    },
    {
        "title": "Wild Bactrian camel",
        "text": "The wild Bactrian camel (Camelus ferus) is an endangered species of camel endemic to Northwest China and southwestern Mongolia.",
    },
]

response = client.rerank.create(
    model="mixedbread-ai/Mxbai-Rerank-Large-V2",
    query="What animals can I find near Peru?",
    documents=documents,
)

for result in response.results:
    print(f"Rank: {result.index + 1}")
    print(f"Title: {documents[result.index]['title']}")
    print(f"Text: {documents[result.index]['text']}")

assert sorted(result.index for result in response.results) == [0, 1, 2, 3]
assert response.results[0].index == 0, "the llama comes first"
assert response.results[-1].index == 1, "the panda comes last"
scores = [result.relevance_score for result in response.results]
assert scores == sorted(scores, reverse=True)
