# Runs with: together-v1, together-v2, together-v3. Server: keyed.
"""A server with keys: the right key passes, a wrong one raises the SDK's AuthenticationError."""

import os

import together
from together import Together

try:
    from together.error import AuthenticationError
except ImportError:
    AuthenticationError = together.AuthenticationError

REQUEST = {"model": "BAAI/bge-small-en-v1.5", "input": "text"}

right = Together(api_key=os.environ["TOGETHER_API_KEY"], max_retries=0)
assert len(right.embeddings.create(**REQUEST).data) == 1

wrong = Together(api_key="not-" + os.environ["TOGETHER_API_KEY"], max_retries=0)
for call in (
    lambda: wrong.embeddings.create(**REQUEST),
    lambda: wrong.rerank.create(model=REQUEST["model"], query="q", documents=["d"]),
    lambda: wrong.models.list_supported() if hasattr(wrong.models, "list_supported") else wrong.models.list(),
):
    try:
        call()
    except AuthenticationError as error:
        print(error)
        assert "invalid_api_key" in str(error)
    else:
        raise AssertionError("a wrong key was let in")
