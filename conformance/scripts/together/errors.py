# Runs with: together-v2, together-v3. Server: open.
"""What a caller did wrong reaches it as the SDK's own exception, with Together's envelope inside."""

import together
from together import Together

client = Together(max_retries=0)
MODEL = "BAAI/bge-small-en-v1.5"


def refused(kind, status, call, **details):
    try:
        call()
    except together.APIStatusError as error:
        print(f"{type(error).__name__}: {error}")
        assert type(error) is kind, f"expected {kind.__name__}"
        assert error.status_code == status
        envelope = error.body["error"]
        assert envelope["message"]
        assert envelope["type"] == "invalid_request_error"
        assert {"param", "code"} <= envelope.keys()
        for key, value in details.items():
            assert envelope[key] == value, f"{key} is {envelope[key]}"
        return envelope["message"]
    raise AssertionError(f"{kind.__name__} was expected, but the call went through")


message = refused(
    together.NotFoundError,
    404,
    lambda: client.embeddings.create(model="no/such-model", input="text"),
    code="model_not_found",
)
assert "no/such-model" in message and MODEL in message
refused(
    together.NotFoundError,
    404,
    lambda: client.rerank.create(model="no/such-model", query="text", documents=["text"]),
    code="model_not_found",
)
refused(together.BadRequestError, 400, lambda: client.embeddings.create(model=MODEL, input=[]), param="input")
refused(together.BadRequestError, 400, lambda: client.embeddings.create(model=MODEL, input=None), param="input")
refused(together.BadRequestError, 400, lambda: client.embeddings.create(model=MODEL, input=[1, 2, 3]))
refused(
    together.BadRequestError,
    400,
    lambda: client.rerank.create(model=MODEL, query="text", documents=["text"], top_n=0),
    param="top_n",
)
refused(
    together.BadRequestError,
    400,
    lambda: client.rerank.create(model=MODEL, query="", documents=["text"]),
    param="query",
)
refused(
    together.BadRequestError,
    400,
    lambda: client.rerank.create(model=MODEL, query="text", documents=[]),
    param="documents",
)
refused(together.NotFoundError, 404, lambda: client.get("/no-such-path", cast_to=object))
