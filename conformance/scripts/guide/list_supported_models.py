# Runs with: together-v3. Server: open.
"""The third generation of the SDK: list the models that are served, page by page, and look one up."""

from together import Together

client = Together()

models = list(client.models.list_supported())

for model in models:
    print(model.name, model.display_type, model.capabilities, model.status)

assert "BAAI/bge-small-en-v1.5" in [model.name for model in models]
assert [model.id for model in client.models.list_supported(limit=1)] == [model.id for model in models]

small = next(model for model in models if model.name == "BAAI/bge-small-en-v1.5")
assert small.display_type == "embedding"
assert "CAPABILITY_EMBEDDING" in small.capabilities
assert small.context_length == "512"
assert small.publisher == "BAAI"
assert client.models.retrieve_supported(small.id) == small
