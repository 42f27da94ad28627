# Runs with: together-v1, together-v2, together-v3. Server: table.
"""The guide's table: a model gives vectors of its dimensions, and reads its maximum input to the last token."""

import os

from together import Together

model = os.environ["GUIDE_MODEL"]
dimensions = int(os.environ["GUIDE_DIMENSIONS"])
words = int(os.environ["GUIDE_MAX_TOKENS"]) - 2  # [CLS] and [SEP] are tokens, too

client = Together()

response = client.embeddings.create(
    model=model,
    input=[
        "Our solar system orbits the Milky Way galaxy at about 515,000 mph",
        " ".join(["moon"] * words),
        " ".join(["moon"] * (words - 1) + ["sun"]),
        " ".join(["moon"] * words + ["sun"]),
    ],
)

assert response.model == model
assert [item.index for item in response.data] == [0, 1, 2, 3]
one, full, last, over = [item.embedding for item in response.data]
assert all(len(vector) == dimensions for vector in (one, full, last, over))
assert full != last, "the last token of the maximum input counts"
assert full == over, "what is beyond it is cut off"
print(model, one[:4])
