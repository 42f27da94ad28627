# Runs with: together-v1, together-v2, together-v3. Server: open.
"""The guide: one text, one vector."""

from together import Together

client = Together()

response = client.embeddings.create(
    model="BAAI/bge-large-en-v1.5",
    input="Our solar system orbits the Milky Way galaxy at about 515,000 mph",
)

print(response.data[0].embedding)

assert response.object == "list"
assert response.model == "BAAI/bge-large-en-v1.5"
assert len(response.data) == 1
assert response.data[0].index == 0
assert response.data[0].object == "embedding"
assert len(response.data[0].embedding) == 384
assert abs(sum(x * x for x in response.data[0].embedding) - 1) < 1e-4
