# Runs with: neighbours. Server: keyed.
"""A server with keys: the right key passes, a wrong one raises the SDK's AuthenticationError."""

import os

import openai
from openai import OpenAI

assert OpenAI().embeddings.create(model="BAAI/bge-small-en-v1.5", input="text").data
try:
    OpenAI(api_key="not-" + os.environ["OPENAI_API_KEY"]).models.list()
except openai.AuthenticationError as error:
    assert error.code == "invalid_api_key"
else:
    raise AssertionError("a wrong key was let in")
