# What sentence-transformers gives for the texts in TUTTI_TEXTS with the model in TUTTI_FOLDER: a line of JSON for each, with
# its number of tokens and its vector.
import json
import os

from sentence_transformers import SentenceTransformer

with open(os.environ["TUTTI_TEXTS"], encoding="utf-8") as file:
    texts = json.load(file)
model = SentenceTransformer(os.environ["TUTTI_FOLDER"], device="cpu", local_files_only=True)
vectors = model.encode(texts, batch_size=32, convert_to_numpy=True)
with open(os.environ["TUTTI_VECTORS"], "w", encoding="utf-8") as file:
    for text, vector in zip(texts, vectors):
        tokens = len(model.tokenizer(text, truncation=True)["input_ids"])
        file.write(json.dumps({"tokens": tokens, "vector": vector.tolist()}) + "\n")
