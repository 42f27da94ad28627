# Runs with: together-v1, together-v2, together-v3. Server: small.
"""A body over the server's limit is answered with 413, not with a broken connection."""

import together
from together import Together

try:
    from together.error import APIError
except ImportError:
    APIError = together.APIStatusError

client = Together(max_retries=0)
try:
    client.embeddings.create(model="BAAI/bge-small-en-v1.5", input="a" * 3_000_000)
except APIError as error:
    print(error)
    assert getattr(error, "http_status", None) == 413 or getattr(error, "status_code", None) == 413
    assert "body" in str(error)
else:
    raise AssertionError("a body of 3 MB passed a limit of 1 MB")
assert len(client.embeddings.create(model="BAAI/bge-small-en-v1.5", input="a").data) == 1
