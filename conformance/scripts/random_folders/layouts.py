"""The files that sentence-transformers adds to a folder, in the spellings of its versions."""

import json
from pathlib import Path

import torch
from sentence_transformers.sentence_transformer.modules import Dense, LayerNorm

import weights

_TYPES = {
    2: {
        name: f"sentence_transformers.models.{name}"
        for name in ("Transformer", "Pooling", "Dense", "LayerNorm", "Normalize")
    },
    6: {
        "Transformer": "sentence_transformers.base.modules.transformer.Transformer",
        "Pooling": "sentence_transformers.sentence_transformer.modules.pooling.Pooling",
        "Dense": "sentence_transformers.base.modules.dense.Dense",
        "LayerNorm": "sentence_transformers.sentence_transformer.modules.layer_norm.LayerNorm",
        "Normalize": "sentence_transformers.base.modules.normalize.Normalize",
    },
}
_FLAGS = {  # in the order in which several are put side by side
    "cls": "pooling_mode_cls_token",
    "max": "pooling_mode_max_tokens",
    "mean": "pooling_mode_mean_tokens",
    "mean_sqrt_len_tokens": "pooling_mode_mean_sqrt_len_tokens",
    "weightedmean": "pooling_mode_weightedmean_tokens",
    "lasttoken": "pooling_mode_lasttoken",
}
_POOLINGS = [
    ["cls"],
    ["mean"],
    ["mean"],
    ["max"],
    ["mean_sqrt_len_tokens"],
    ["weightedmean"],
    ["lasttoken"],
    ["mean", "cls"],
    ["max", "mean", "lasttoken"],
    list(_FLAGS),
]
_MODULES = [
    [],
    [],
    ["Normalize"],
    ["Normalize"],
    ["Dense"],
    ["Dense", "Normalize"],
    ["Dense", "Dense"],
    ["LayerNorm"],
    ["Normalize", "Dense"],
    ["LayerNorm", "Dense", "Normalize"],
    ["Dense", "LayerNorm"],
]
_ACTIVATIONS = ["Tanh", "Identity", "ReLU", "GELU", "Sigmoid", "SiLU"]
PROMPTS = {"query": "Represent this query: ", "document": "passage: ", "odd": "  [SEP] Zusammenfassung "}


def write_json(file: Path, value) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(value, indent=2), encoding="utf-8")


def embedding_layout(folder: Path, width: int, deal) -> tuple[Path, dict, dict]:
    """Writes prompts and the modules behind an encoder.

    Returns the encoder's own folder, the prompts, and what cases.json is to say of the modules.
    """
    version = deal("sentence-transformers version", [2, 6, 2, 6, None])
    if version is None:
        return folder, {}, {"pooling": "mean", "normalized": False, "dimension": width}
    modes = deal("pooling", _POOLINGS)
    if version == 2:
        modes = [mode for mode in _FLAGS if mode in modes]
        pooling = {"word_embedding_dimension": width} | {flag: mode in modes for mode, flag in _FLAGS.items()}
        if modes[0] in ("cls", "mean", "max") and deal("flags of the oldest files", [False, True]):
            pooling = {
                key: value for key, value in pooling.items() if value or "weighted" not in key and "last" not in key
            }
    else:
        pooling = {"embedding_dimension": width, "pooling_mode": modes[0] if len(modes) == 1 else modes}
    include_prompt = deal("include_prompt", [True, True, False])
    if not include_prompt or version == 6:
        pooling["include_prompt"] = include_prompt
    names = ["Transformer", "Pooling", *deal("modules", _MODULES)]
    entries: list[dict] = []
    dimension = width * len(modes)
    for i, name in enumerate(names):
        path = f"{i}_{name}" if i > 0 else deal("the model's own folder", ["", "", "", "0_Transformer"])
        entries.append({"idx": i, "name": str(i), "path": path, "type": _TYPES[version][name]})
        if name == "Pooling":
            write_json(folder / path / "config.json", pooling)
        elif name == "Normalize":
            if version == 6:
                write_json(
                    folder / path / "config.json",
                    {"module_input_name": "sentence_embedding", "module_output_name": "sentence_embedding"},
                )
        elif name != "Transformer":
            dimension = _module(folder / path, name, dimension, version, deal)
    write_json(folder / "modules.json", entries)
    facts = {"pooling": "+".join(modes), "normalized": names[-1] == "Normalize", "dimension": dimension}
    return folder / entries[0]["path"], _prompts(folder, version, deal), facts


def _module(folder: Path, name: str, dimension: int, version: int, deal) -> int:
    torch.manual_seed(deal.seed())
    if name == "LayerNorm":
        module = LayerNorm(dimension)
        config = {"dimension": dimension}
    else:
        activation = deal("dense activation", _ACTIVATIONS)
        module = Dense(dimension, deal("dense width", [3, 16, 31, 64]), bias=deal("dense bias", [True, True, False]))
        kind = {"Tanh": "activation.", "Identity": "linear."}.get(activation, "activation.")
        config = {
            "in_features": dimension,
            "out_features": module.out_features,
            "bias": module.bias,
            "activation_function": f"torch.nn.modules.{kind}{activation}",
        }
        if version == 6:
            config |= {"module_input_name": "sentence_embedding", "module_output_name": "sentence_embedding"}
        dimension = module.out_features
    with torch.no_grad():
        for parameter_name, parameter in module.named_parameters():
            norm = parameter_name == "norm.weight"
            parameter.normal_(1.0 if norm else 0.0, 0.25)
    write_json(folder / "config.json", config)
    weights.write_module(folder, module, deal)
    return dimension


def _prompts(folder: Path, version: int, deal) -> dict:
    config = {
        "__version__": {"sentence_transformers": f"{version}.2.0", "transformers": "4.41.2", "pytorch": "2.3.0"}
    }
    prompts = deal("prompts", [{}, {}, PROMPTS])
    default = deal("default prompt", [None, "query", "odd"]) if prompts else None
    if prompts or version == 6:
        config |= {"prompts": prompts, "default_prompt_name": default, "similarity_fn_name": "cosine"}
    if version == 6:
        config["model_type"] = "SentenceTransformer"
    write_json(folder / "config_sentence_transformers.json", config)
    return prompts


def token_limit(folder: Path, limit: int, vocabulary, deal, classifier: bool) -> bool:
    """Says the limit in one of its places, with others elsewhere, or nowhere; returns whether it is said."""
    tokenizer_config = dict(vocabulary.config)
    place = deal(
        "place of the limit",
        (
            ["tokenizer", "nowhere"]
            if classifier
            else ["bert", "tokenizer", "tokenizer and null", "tokenizer and new", "nowhere", "old name"]
        ),
    )
    unknown = 1000000000000000019884624838656
    tokenizer_config["model_max_length"] = limit
    if place in ("bert", "old name"):
        name = "sentence_bert_config.json" if place == "bert" else "sentence_roberta_config.json"
        lower = name == "sentence_bert_config.json" and deal("do_lower_case", [False, True])
        write_json(folder / name, {"max_seq_length": limit, "do_lower_case": lower})
        tokenizer_config["model_max_length"] = deal("tokenizer's own limit", [512, unknown])
    elif place == "tokenizer and null":
        write_json(folder / "sentence_bert_config.json", {"max_seq_length": None, "do_lower_case": False})
    elif place == "tokenizer and new":
        write_json(
            folder / "sentence_bert_config.json", _task("feature-extraction", "last_hidden_state", "token_embeddings")
        )
    elif place == "nowhere":
        tokenizer_config["model_max_length"] = unknown
    write_json(folder / "tokenizer_config.json", tokenizer_config)
    return place != "nowhere"


def _task(task: str, output: str, name: str) -> dict:
    return {
        "transformer_task": task,
        "modality_config": {"text": {"method": "forward", "method_output_name": output}},
        "module_output_name": name,
    }


def classifier_layout(folder: Path, config: dict, deal) -> str:
    """Says what is done to the logit, in one of the places; returns its name."""
    said = deal(
        "activation is said",
        [
            "nowhere",
            "old identity",
            "new identity",
            "new sigmoid",
            "old sigmoid",
            "modules identity",
            "modules sigmoid",
            "both",
        ],
    )
    identity, sigmoid = "torch.nn.modules.linear.Identity", "torch.nn.modules.activation.Sigmoid"
    if said.startswith("old"):
        config["sbert_ce_default_activation_function"] = identity if "identity" in said else sigmoid
    if said.startswith("new"):
        config["sentence_transformers"] = {
            "activation_fn": identity if "identity" in said else sigmoid,
            "version": "4.1.0",
        }
    if said == "both":
        config["sbert_ce_default_activation_function"] = sigmoid
        config["sentence_transformers"] = {"activation_fn": identity, "version": "4.1.0"}
    if said.startswith("modules"):
        write_json(folder / "modules.json", [{"idx": 0, "name": "0", "path": "", "type": _TYPES[6]["Transformer"]}])
        write_json(folder / "sentence_bert_config.json", _task("sequence-classification", "logits", "scores"))
        write_json(
            folder / "config_sentence_transformers.json",
            {
                "__version__": {"sentence_transformers": "6.2.0", "transformers": "5.23.0", "pytorch": "2.15.0"},
                "activation_fn": identity if "identity" in said else sigmoid,
                "model_type": "CrossEncoder",
                "default_prompt_name": deal("default prompt of a reranker", [None, "query"]),
                "prompts": PROMPTS,
            },
        )
    return "identity" if "identity" in said or said == "both" else "sigmoid"
