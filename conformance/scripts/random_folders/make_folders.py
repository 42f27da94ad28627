"""Makes tiny random model folders with what the reference implementation gives for them.

Each folder looks like one on the hub and holds a cases.json in the form that the README of the engine's test fixtures
describes. Everything is drawn from a seed: sizes, layouts, spellings, texts. The numbers come from
sentence-transformers, one text at a time in float32, with token ids as tokenizer.json says.
"""

import argparse
import json
import logging
import os
import shutil
import warnings
from pathlib import Path

os.environ |= {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_VERBOSITY": "error",
    "TOKENIZERS_PARALLELISM": "false",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
}
warnings.filterwarnings("ignore")

import tokenizers
import torch
from sentence_transformers import CrossEncoder, SentenceTransformer

import architectures
import layouts
import texts
import vocabularies
import weights
from deck import Deck

logging.disable(logging.WARNING)


class Recorder:
    """Keeps what the model was last asked."""

    def __init__(self, transformer: torch.nn.Module):
        self.seen: dict = {}
        transformer.register_forward_pre_hook(lambda _, arguments: self.seen.update(arguments[0]))

    def ids(self) -> list[int]:
        return self.seen["input_ids"][0].tolist()


def make(folder: Path, family, classifier: bool, deal) -> str:
    """Makes one folder; returns what is special about it."""
    folder.mkdir(parents=True)
    limit = deal("limit", [12, 24, 33, 48, 70, 150])
    vocabulary = family.vocabulary(deal)
    model = architectures.draw(family, classifier, vocabulary, limit, deal)
    file_dtype = deal("file's type", list(weights.DTYPES))
    dtype = weights.DTYPES[file_dtype]
    weights.round_through(model, dtype)

    config = architectures.config_json(model, dtype, deal)
    if classifier:
        home, facts = folder, {"activation": layouts.classifier_layout(folder, config, deal)}
        facts["normalized"] = facts["activation"] == "sigmoid"
        prompts = {}
    else:
        home, prompts, facts = layouts.embedding_layout(folder, model.config.hidden_size, deal)
    layouts.write_json(home / "config.json", config)
    if not layouts.token_limit(home, limit, vocabulary, deal, classifier):
        limit = positions(model)
    note = weights.write(home, model, family, classifier, dtype, deal)
    (home / "tokenizer.json").write_text(vocabularies.tokenizer_json(vocabulary, deal), encoding="utf-8")
    older = deal("older vocabulary files", ["none", "beside", "alone"])
    if older != "none":
        for name, content in vocabulary.files.items():
            (home / name).write_bytes(content)

    reference = (CrossEncoder if classifier else SentenceTransformer)(
        str(folder), device="cpu", model_kwargs={"dtype": torch.float32}
    )
    note += same_weights(reference[0].model, model)
    set_tokenizer(reference, home, vocabulary)
    reference.max_seq_length = limit
    cases = {
        "kind": "rerank" if classifier else "embedding",
        "model": folder.name,
        "max_tokens": limit,
        "file_dtype": file_dtype,
    } | facts
    with torch.inference_mode():
        asked = scores(reference, limit, deal) if classifier else vectors(reference, limit, prompts, deal)
        cases["cases"], cases["float32_vs_float64"] = asked
    if older == "alone" and vocabulary.files and vocabulary.enough:
        (home / "tokenizer.json").unlink()
        note += ", no tokenizer.json"
    cases["note"] = note
    (folder / "cases.json").write_text(json.dumps(cases, indent=1), encoding="ascii")
    return note


def set_tokenizer(reference, home: Path, vocabulary) -> None:
    """Has the reference tokenise as tokenizer.json says; transformers 5 makes another tokenizer of some of them."""
    tokenizer = tokenizers.Tokenizer.from_file(str(home / "tokenizer.json"))
    settings = home / "sentence_bert_config.json"
    if settings.exists() and json.loads(settings.read_text()).get("do_lower_case"):
        steps = [tokenizers.normalizers.Lowercase(), tokenizer.normalizer]
        tokenizer.normalizer = tokenizers.normalizers.Sequence([step for step in steps if step is not None])
    reference.tokenizer._tokenizer = tokenizer
    if vocabulary.type_ids and "model_input_names" not in vocabulary.config:
        reference.tokenizer.model_input_names = ["input_ids", "token_type_ids", "attention_mask"]


def positions(model: torch.nn.Module) -> int:
    rows = model.config.max_position_embeddings
    return (
        rows - model.config.pad_token_id - 1
        if model.config.model_type in ("roberta", "xlm-roberta", "camembert")
        else rows
    )


def same_weights(loaded: torch.nn.Module, drawn: torch.nn.Module) -> str:
    """Sees that the reference read what was written, or else (behind "module.") gives it to it; returns a note."""
    wanted, found = drawn.state_dict(), loaded.state_dict()
    if all(name in found and torch.equal(value, found[name]) for name, value in wanted.items()):
        return ""
    loaded.load_state_dict(wanted)
    return ", not read by the reference itself"


def vectors(reference: SentenceTransformer, limit: int, prompts: dict, deal) -> tuple[list, float]:
    recorder = Recorder(reference[0])
    asked = [(text, None) for text in texts.inputs(deal.random, limit)]
    for name in prompts:
        asked += [(text, name) for text in texts.inputs(deal.random, limit)[1:8:3]]
    cases = []
    for text, name in asked:
        vector = reference.encode([text], prompt_name=name)[0]
        case = {"label": "prompt" if name else "text", "text": text, "ids": recorder.ids(), "vector": vector.tolist()}
        if name:
            case |= {"prompt_name": name, "prompt": prompts[name]}
        cases.append(case)
    reference.double()
    exact = [reference.encode([text], prompt_name=name)[0] for text, name in asked]
    worst = max(abs(a - b) for case, vector in zip(cases, exact) for a, b in zip(case["vector"], vector.tolist()))
    return cases, worst


def scores(reference: CrossEncoder, limit: int, deal) -> tuple[list, float]:
    recorder = Recorder(reference[0])
    asked = texts.pairs(deal.random, limit)
    cases = []
    for query, documents in asked:
        found = []
        for document in documents:
            pair = [(query, document)]
            score = float(reference.predict(pair)[0])
            found.append(
                {
                    "text": document,
                    "ids": recorder.ids(),
                    "logit": float(reference.predict(pair, activation_fn=torch.nn.Identity())[0]),
                    "score": score,
                }
            )
            if "token_type_ids" in recorder.seen:
                found[-1]["type_ids"] = recorder.seen["token_type_ids"][0].tolist()
        cases.append({"query": query, "documents": found})
    reference.double()
    worst = max(
        abs(
            one["logit"]
            - float(reference.predict([(case["query"], one["text"])], activation_fn=torch.nn.Identity())[0])
        )
        for case in cases
        for one in case["documents"]
    )
    return cases, worst


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--each", type=int, default=4, help="folders of each family and kind")
    arguments.add_argument("--family", choices=list(architectures.FAMILIES))
    options = arguments.parse_args()
    torch.set_num_threads(1)
    deck = Deck(options.seed)
    shutil.rmtree(options.folder, ignore_errors=True)
    for family in architectures.FAMILIES.values():
        if options.family in (None, family.name):
            for i in range(options.each):
                for classifier in (False, True):
                    name = f"{family.name}-{'reranker' if classifier else 'embedder'}-{i}"
                    note = make(options.folder / name, family, classifier, deck)
                    print(f"{name}: {note}", flush=True)


if __name__ == "__main__":
    main()
