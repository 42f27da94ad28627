# Runs with: neighbours. Server: open.
"""Errors reach OpenAI's SDK unwrapped: class, status, code and the field at fault."""

import openai
from openai import OpenAI

client = OpenAI(max_retries=0)
MODEL = "BAAI/bge-small-en-v1.5"


def refused(kind, status, call):
    try:
        call()
    except kind as error:
        print(f"{type(error).__name__}: {error.message}")
        assert error.status_code == status
        assert error.type == "invalid_request_error"
        return error
    raise AssertionError(f"{kind.__name__} was expected, but the call went through")


error = refused(openai.NotFoundError, 404, lambda: client.embeddings.create(model="no/such-model", input="text"))
assert error.code == "model_not_found"
assert refused(openai.BadRequestError, 400, lambda: client.embeddings.create(model=MODEL, input=[])).param == "input"
refused(openai.BadRequestError, 400, lambda: client.embeddings.create(model=MODEL, input=[[1, 2], [3]]))
error = refused(
    openai.BadRequestError,
    400,
    lambda: client.embeddings.create(model=MODEL, input="text", encoding_format="hexadecimal"),
)
assert error.param == "encoding_format"
