# Runs with: together-v1, together-v2, together-v3. Server: table.
"""The guide's table: a model gives vectors of its dimensions, and reads its maximum input to the last token."""

import os

from together import Together

model = os.environ["GUIDE_MODEL"]
dimensions = int(os.environ["GUIDE_DIMENSIONS"])
most = int(os.environ["GUIDE_MAX_TOKENS"])
words = most - 2  # [CLS] and [SEP], or <s> and </s>, are tokens, too
moon, sun = os.environ["GUIDE_WORDS"].split()

client = Together()

read = int(os.environ["GUIDE_READ"])  # where the maximum input takes minutes, less of it is read

one = "Our solar system orbits the Milky Way galaxy at about 515,000 mph"
full = " ".join([moon] * (read - 2))
over = " ".join([moon] * words + [sun])
if most < 32_768:
    texts = [one, full, " ".join([moon] * (words - 1) + [sun]), over]
else:
    texts = [one, full]
response = client.embeddings.create(model=model, input=texts)

assert response.model == model
assert [item.index for item in response.data] == list(range(len(texts)))
vectors = [item.embedding for item in response.data]
assert all(len(vector) == dimensions for vector in vectors)
if most < 32_768:
    assert vectors[1] != vectors[2], "the last token of the maximum input counts"
    assert vectors[1] == vectors[3], "what is beyond it is cut off"
else:
    alone = client.embeddings.create(model=model, input=one)
    assert alone.data[0].embedding == vectors[0]
    assert response.model_extra["usage"]["prompt_tokens"] == alone.model_extra["usage"]["prompt_tokens"] + read
    assert response.model_extra["usage"]["truncated_tokens"] == 0
    from together import BadRequestError  # the first SDK has none, and asks for no text of this length

    try:
        client.embeddings.create(model=model, input=over, extra_body={"truncate": "error"})
        raise AssertionError("a token too many, and no error")
    except BadRequestError as error:
        assert f"has {most + 1:,} tokens; {model} takes at most {most:,}" in str(error), error
print(model, vectors[0][:4])
