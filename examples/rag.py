"""Answers from documents in four steps: embed the question, search, rerank, and have a chat model answer with its sources.

    pip install together
    python examples/rag.py

Talks to a Tutti server on this machine, or to wherever TOGETHER_BASE_URL points. The chat model is one of another server's,
which Tutti passes the question on to: ./tutti serve --chat-upstream URL --chat-models MODEL=THEIRS
"""

import os

from together import Together

MODEL = "BAAI/bge-small-en-v1.5"
CHAT_MODEL = os.environ.get("CHAT_MODEL", "meta-llama/Meta-Llama-3.1-8B-Instruct-Turbo")

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


library = embed(documents)  # once; a vector database would keep it

# 1. The question's vector.
[wanted] = embed([question])

# 2. The documents whose vectors point most nearly the same way.
candidates = sorted(range(len(documents)), key=lambda n: -cosine(library[n], wanted))[:20]

# 3. A closer look at those, of which the best are kept.
ranking = client.rerank.create(model=MODEL, query=question, documents=[documents[n] for n in candidates], top_n=3)
sources = [documents[candidates[result.index]] for result in ranking.results]

# 4. An answer from the sources.
numbered = "\n".join(f"[{n}] {source}" for n, source in enumerate(sources, start=1))
stream = client.chat.completions.create(
    model=CHAT_MODEL,
    messages=[
        {"role": "system", "content": f"Answer from these sources alone, and name them by number:\n{numbered}"},
        {"role": "user", "content": question},
    ],
    stream=True,
)

print(question)
print(numbered)
for chunk in stream:
    for choice in chunk.choices:
        print(choice.delta.content or "", end="", flush=True)
print()
