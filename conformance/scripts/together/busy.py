# Runs with: together-v2, together-v3. Server: small.
"""A full queue says 429, and the SDK's own retries carry every request through."""

from concurrent.futures import ThreadPoolExecutor

import together
from together import Together

MODEL = "BAAI/bge-small-en-v1.5"
TEXTS = [f"A text that fills the queue, number {n}, " + "with many words " * 40 for n in range(8)]


def ask(client):
    try:
        return len(client.embeddings.create(model=MODEL, input=TEXTS).data)
    except together.RateLimitError as error:
        assert 0 < float(error.response.headers["retry-after"]) <= 60
        assert error.body["error"]["message"]
        return 0


with ThreadPoolExecutor(16) as crowd:
    at_once = list(crowd.map(ask, [Together(max_retries=0) for _ in range(16)]))
print(f"{at_once.count(8)} answered, {at_once.count(0)} refused")
assert 0 < at_once.count(8) < 16

with ThreadPoolExecutor(8) as crowd:
    assert list(crowd.map(ask, [Together(max_retries=20) for _ in range(8)])) == [8] * 8, "everybody is answered in the end"
