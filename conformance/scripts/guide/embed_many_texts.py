# Runs with: together-v1, together-v2, together-v3. Server: open.
"""The guide: many texts in one request; vectors come back in the order of the texts."""

from together import Together

client = Together()

response = client.embeddings.create(
    model="BAAI/bge-large-en-v1.5",
    input=[
        "Our solar system orbits the Milky Way galaxy at about 515,000 mph",
        "Jupiter's Great Red Spot is a storm that has been raging for at least 350 years.",
    ],
)

for item in response.data:
    print(item.index, item.embedding[:4])

assert [item.index for item in response.data] == [0, 1]
assert all(len(item.embedding) == 384 for item in response.data)
assert response.data[0].embedding != response.data[1].embedding
