# Runs with: together-v1, together-v2, together-v3. Server: open.
"""The README of the SDK: a helper that cleans its texts and returns bare vectors."""

import os
from typing import List

from together import Together

client = Together(api_key=os.environ.get("TOGETHER_API_KEY"))


def get_embeddings(texts: List[str], model: str) -> List[List[float]]:
    texts = [text.replace("\n", " ") for text in texts]
    outputs = client.embeddings.create(model=model, input=texts)
    return [outputs.data[i].embedding for i in range(len(texts))]


input_texts = ["Our solar system orbits the Milky Way galaxy at about 515,000 mph"]
embeddings = get_embeddings(input_texts, model="togethercomputer/m2-bert-80M-8k-retrieval")

print(embeddings)

assert len(embeddings) == 1
assert len(embeddings[0]) == 384
