# Runs with: neighbours. Server: open.
"""Prints the vectors of a few texts as hexadecimal float32, so that clients can be compared bit by bit."""

import json
import os
import struct
from pathlib import Path

from openai import OpenAI

texts = json.loads(Path(os.environ["TUTTI_TEXTS"]).read_text(encoding="utf-8"))
reply = OpenAI().embeddings.create(model="BAAI/bge-small-en-v1.5", input=texts)
for item in reply.data:
    print(struct.pack(f"<{len(item.embedding)}f", *item.embedding).hex())
