# Runs with: together-v1, together-v2, together-v3. Server: chat.
"""The guide: retrieve, rerank and answer, with one base URL; its vector database is a list here."""

from dataclasses import dataclass

from together import Together

client = Together()


@dataclass
class Document:
    text: str
    embedding: list[float]


class VectorDb:
    def __init__(self, texts):
        reply = client.embeddings.create(model="BAAI/bge-large-en-v1.5", input=texts)
        self.documents = [Document(text, item.embedding) for text, item in zip(texts, reply.data)]

    def search(self, embedding, top_k):
        def cosine(document):
            return sum(x * y for x, y in zip(document.embedding, embedding))

        return sorted(self.documents, key=cosine, reverse=True)[:top_k]


vector_db = VectorDb(
    ["Photosynthesis turns sunlight, water and carbon dioxide into sugar and oxygen.", "Chlorophyll absorbs light."]
    + [f"The train at {hour} o'clock stops at every station." for hour in range(24)]
    + ["The mitochondrion makes ATP by respiration.", "Plates of rock drift on the mantle of the Earth."]
)

# 1. Generate query embedding
query_embedding = client.embeddings.create(
    model="BAAI/bge-large-en-v1.5",
    input="How does photosynthesis work?",
).data[0].embedding

# 2. Retrieve candidates from vector DB (your code)
candidates = vector_db.search(query_embedding, top_k=20)

# 3. Rerank for precision
reranked = client.rerank.create(
    model="Salesforce/Llama-Rank-V1",
    query="How does photosynthesis work?",
    documents=[c.text for c in candidates],
    top_n=5,
)

# 4. Use top results as context for LLM
context = "\n".join([candidates[r.index].text for r in reranked.results])
response = client.chat.completions.create(
    model="meta-llama/Meta-Llama-3.1-8B-Instruct-Turbo",
    messages=[
        {"role": "system", "content": f"Answer based on this context:\n{context}"},
        {"role": "user", "content": "How does photosynthesis work?"},
    ],
)

print(response.choices[0].message.content)

assert len(candidates) == 20
assert len(reranked.results) == 5
assert context.startswith("Photosynthesis turns sunlight"), context
assert response.model == "meta-llama/Meta-Llama-3.1-8B-Instruct-Turbo"
assert response.choices[0].message.role == "assistant"
assert response.choices[0].message.content
assert response.usage.prompt_tokens > len(context), "the context was sent, one token a byte"
