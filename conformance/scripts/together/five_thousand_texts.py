# Runs with: together-v1, together-v3. Server: open.
"""One request with 5,000 texts under the SDK's own timeouts: every vector is there and in order."""

import time

from together import Together

client = Together(max_retries=0)
MODEL = "BAAI/bge-small-en-v1.5"
texts = [f"farm {n}: {n * 7919 % 5003} llamas" for n in range(5000)]

start = time.monotonic()
reply = client.embeddings.create(model=MODEL, input=texts)
print(f"{len(texts)} texts in {time.monotonic() - start:.1f} s")

assert [item.index for item in reply.data] == list(range(5000))
for n in (0, 1, 31, 32, 33, 511, 512, 2500, 4998, 4999):
    alone = client.embeddings.create(model=MODEL, input=texts[n])
    assert alone.data[0].embedding == reply.data[n].embedding, f"text {n} differs alone and among 5,000"
