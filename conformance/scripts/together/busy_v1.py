# Runs with: together-v1. Server: small.
"""A full queue says 429 with how long to wait, and the first SDK waits exactly so long and succeeds."""

import time
from concurrent.futures import ThreadPoolExecutor

from together import Together
from together.error import RateLimitError

MODEL = "BAAI/bge-small-en-v1.5"
TEXTS = [f"A text that fills the queue, number {n}, " + "with many words " * 40 for n in range(8)]

refusals = []


def ask_once(client):
    try:
        return len(client.embeddings.create(model=MODEL, input=TEXTS).data)
    except RateLimitError as error:
        refusals.append(error)
        return 0


with ThreadPoolExecutor(16) as crowd:
    answers = list(crowd.map(ask_once, [Together(max_retries=0) for _ in range(16)]))
print(f"{answers.count(8)} answered, {len(refusals)} refused")
assert answers.count(8) > 0, "a full queue still answers those who are in it"
assert refusals, "a queue of this size cannot hold 16 requests"
assert all(set(error.headers.keys()) & {"retry-after"} for error in refusals), "retry-after is in lower case"
asked = {float(error.headers["retry-after"]) for error in refusals}
print(f"retry-after: {sorted(asked)}")
assert all(0 < seconds <= 60 for seconds in asked)

slept = []
sleep = time.sleep


def remember(seconds):
    slept.append(seconds)
    sleep(seconds)


time.sleep = remember


def ask_patiently(client):
    return len(client.embeddings.create(model=MODEL, input=TEXTS).data)


with ThreadPoolExecutor(8) as crowd:
    assert list(crowd.map(ask_patiently, [Together(max_retries=20) for _ in range(8)])) == [8] * 8, "everybody is answered in the end"
print(f"slept: {slept}")
assert slept, "somebody had to wait"
assert all(float(seconds).is_integer() for seconds in slept), "the SDK obeyed the header, not its own guess"
