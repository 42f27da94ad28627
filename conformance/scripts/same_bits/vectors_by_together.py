# Runs with: together-v1, together-v2, together-v3. Server: open.
"""Prints the vectors of a few texts as hexadecimal float32, so that clients can be compared bit by bit."""

import json
import os
import struct
from pathlib import Path

from together import Together

texts = json.loads(Path(os.environ["TUTTI_TEXTS"]).read_text(encoding="utf-8"))
reply = Together().embeddings.create(model="BAAI/bge-small-en-v1.5", input=texts)
for item in reply.data:
    print(struct.pack(f"<{len(item.embedding)}f", *item.embedding).hex())
