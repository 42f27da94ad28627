"""Search in three steps: embed documents and a question, take the nearest by cosine, rerank those.

    pip install together
    python examples/embed_and_rerank.py

Talks to a Tutti server on this machine, or to wherever TOGETHER_BASE_URL points.
"""

import os

from together import Together

MODEL = "BAAI/bge-small-en-v1.5"

client = Together(
    base_url=os.environ.get("TOGETHER_BASE_URL", "http://127.0.0.1:8080/v1"),
    api_key=os.environ.get("TOGETHER_API_KEY", "any-key"),
)

documents = [
    "The guanaco is a wild camelid of the Andes, closely related to the llama.",
    "The giant panda lives in the bamboo forests of central China.",
    "The Andean condor soars over the mountains of Peru, Chile and Bolivia.",
    "A violoncello has four strings, tuned in fifths.",
    "The llama carries loads and gives wool to the peoples of the Andes.",
    "The polar bear hunts seals on the ice of the Arctic Ocean.",
]
question = "Which animals live in the mountains of Peru?"


def embed(texts: list[str]) -> list[list[float]]:
    return [item.embedding for item in client.embeddings.create(model=MODEL, input=texts).data]


def cosine(a: list[float], b: list[float]) -> float:
    return sum(x * y for x, y in zip(a, b))  # the vectors have length one


# 1. One vector for each document, and one for the question.
library = embed(documents)
[wanted] = embed([question])

# 2. The three documents whose vectors point most nearly the same way.
nearest = sorted(range(len(documents)), key=lambda n: -cosine(library[n], wanted))[:3]

# 3. A closer look at those three.
ranking = client.rerank.create(model=MODEL, query=question, documents=[documents[n] for n in nearest])

print(question)
for result in ranking.results:
    print(f"  {result.relevance_score:.3f}  {documents[nearest[result.index]]}")
