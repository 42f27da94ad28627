# Runs with: together-v1, together-v2, together-v3. Server: open.
"""The vectors mean something: what belongs together lies closer than what does not."""

from together import Together

client = Together()

PAIRS = [
    ("A man is eating a piece of bread.", "Someone is having a meal.", "The stock market fell sharply today."),
    ("How do I reset my password?", "Steps to recover access to your account", "Recipe for a chocolate cake"),
    ("The cat sleeps on the sofa.", "A kitten naps on the couch.", "Quantum computers use qubits."),
    ("Paris is the capital of France.", "France's seat of government is Paris.", "Penguins cannot fly."),
]


def cosine(a, b):
    return sum(x * y for x, y in zip(a, b))


for triple in PAIRS:
    anchor, near, far = (
        item.embedding for item in client.embeddings.create(model="BAAI/bge-small-en-v1.5", input=list(triple)).data
    )
    print(f"{cosine(anchor, near):.3f} {cosine(anchor, far):.3f} {triple[0]}")
    assert cosine(anchor, near) > cosine(anchor, far) + 0.1
    assert abs(cosine(anchor, anchor) - 1) < 1e-4

    ranked = client.rerank.create(model="BAAI/bge-small-en-v1.5", query=triple[0], documents=[triple[2], triple[1]])
    assert [result.index for result in ranked.results] == [1, 0]
    assert abs(ranked.results[0].relevance_score - cosine(anchor, near)) < 2e-3, "the score is the cosine"
