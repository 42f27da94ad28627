# Runs with: neighbours. Server: open.
"""OpenAI's SDK lists the models and finds one by a name with a slash."""

import openai
from openai import OpenAI

client = OpenAI(_strict_response_validation=True)

models = list(client.models.list())
for model in models:
    print(model)
assert "BAAI/bge-small-en-v1.5" in [model.id for model in models]

small = client.models.retrieve("BAAI/bge-small-en-v1.5")
assert small.id == "BAAI/bge-small-en-v1.5"
assert small.object == "model"
assert small.owned_by
assert small.created > 0
assert client.models.retrieve("Salesforce/Llama-Rank-V1").id == "Salesforce/Llama-Rank-V1"

try:
    client.models.retrieve("no/such-model")
except openai.NotFoundError as error:
    assert error.code == "model_not_found"
else:
    raise AssertionError("a model that nobody serves was found")
