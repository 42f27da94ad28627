# Runs with: together-v1, together-v2, together-v3. Server: open.
"""32 threads at once, each with its own client and texts; every answer is the one given alone."""

from concurrent.futures import ThreadPoolExecutor

from together import Together

MODEL = "BAAI/bge-small-en-v1.5"


def texts_of(caller):
    return [f"Caller {caller} asks about {'mountains and ' * (caller * n % 23)}llamas, part {n}" for n in range(1, 9)]


def ask(caller):
    client = Together(max_retries=0)
    texts = texts_of(caller)
    vectors = [item.embedding for item in client.embeddings.create(model=MODEL, input=texts).data]
    ranking = client.rerank.create(model=MODEL, query=texts[3], documents=texts)
    assert ranking.results[0].index == 3, f"caller {caller}: a text is nearest to itself"
    return vectors


with ThreadPoolExecutor(32) as crowd:
    together = list(crowd.map(ask, range(32)))

client = Together()
for caller in range(32):
    alone = [client.embeddings.create(model=MODEL, input=text).data[0].embedding for text in texts_of(caller)[:2]]
    assert together[caller][:2] == alone, f"caller {caller} got other bits in the crowd than alone"
assert len({tuple(vector) for vectors in together for vector in vectors}) == 32 * 8
