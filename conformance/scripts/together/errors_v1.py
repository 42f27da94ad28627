# Runs with: together-v1. Server: open.
"""What a caller did wrong reaches it as the first SDK's own exception, with Together's message inside."""

from together import Together
from together.error import InvalidRequestError

client = Together(max_retries=0)
MODEL = "BAAI/bge-small-en-v1.5"


def refused(status, call):
    try:
        call()
    except InvalidRequestError as error:
        print(f"{type(error).__name__}: {error}")
        assert error.http_status == status
        assert error.api_response.message
        return error.api_response
    raise AssertionError("InvalidRequestError was expected, but the call went through")


error = refused(404, lambda: client.embeddings.create(model="no/such-model", input="text"))
assert error.code == "model_not_found"
assert "no/such-model" in error.message and MODEL in error.message
error = refused(404, lambda: client.rerank.create(model="no/such-model", query="text", documents=["text"]))
assert error.code == "model_not_found"
assert refused(400, lambda: client.embeddings.create(model=MODEL, input=[])).param == "input"
assert refused(400, lambda: client.rerank.create(model=MODEL, query="q", documents=["d"], top_n=0)).param == "top_n"
assert refused(400, lambda: client.rerank.create(model=MODEL, query="", documents=["d"])).param == "query"
assert refused(400, lambda: client.rerank.create(model=MODEL, query="q", documents=[])).param == "documents"
