# Runs with: together-v1, together-v2. Server: open.
"""The README of the SDK: list the models that are served."""

import os

from together import Together

client = Together(api_key=os.environ.get("TOGETHER_API_KEY"))

models = client.models.list()

for model in models:
    print(model)

assert isinstance(models, list)
served = {model.id: model for model in models}
small = served["BAAI/bge-small-en-v1.5"]
assert small.context_length == 512
assert small.license
assert small.organization == "BAAI"
assert {"Salesforce/Llama-Rank-V1", "togethercomputer/m2-bert-80M-8k-retrieval"} <= served.keys()
assert "bge-small-en-v1.5" in served["Salesforce/Llama-Rank-V1"].display_name, "an alias says what really serves it"
