"""Random models of every encoder family, every parameter drawn, and their configurations in old and new spelling."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
import transformers

import vocabularies

_HEAD_SIZES = [4, 5, 7, 8, 10, 12, 16, 20, 24, 32, 33, 48, 64, 80]
_EVEN_HEAD_SIZES = [size for size in _HEAD_SIZES if size % 2 == 0]


@dataclass(frozen=True)
class Family:
    name: str  # as model_type says it
    classes: str  # what its classes' names in transformers begin with
    prefix: str  # of the encoder's tensors in a classifier's file
    vocabulary: Callable

    def model(self, config, classifier: bool) -> torch.nn.Module:
        kind = getattr(transformers, self.classes + ("ForSequenceClassification" if classifier else "Model"))
        return kind(config)


FAMILIES = {
    family.name: family
    for family in [
        Family("bert", "Bert", "bert.", vocabularies.word_piece),
        Family("xlm-roberta", "XLMRoberta", "roberta.", vocabularies.xlm_roberta),
        Family("roberta", "Roberta", "roberta.", vocabularies.roberta),
        Family("camembert", "Camembert", "roberta.", vocabularies.camembert),
        Family("modernbert", "ModernBert", "model.", vocabularies.modern_bert),
        Family("deberta-v2", "DebertaV2", "deberta.", vocabularies.deberta),
    ]
}


def draw(family: Family, classifier: bool, vocabulary, limit: int, deal) -> torch.nn.Module:
    """A model for texts of so many tokens, in float32."""
    head = deal("head size", _EVEN_HEAD_SIZES if family.name == "modernbert" else _HEAD_SIZES)
    heads = deal("heads", [1, 2, 3, 4] if head < 33 else [1, 2])
    common = {
        "vocab_size": vocabulary.size + deal("rows beyond the vocabulary", [0, 0, 3]),
        "hidden_size": head * heads,
        "num_attention_heads": heads,
        "num_hidden_layers": deal("layers", [1, 2, 3, 4]),
        "intermediate_size": deal("feed-forward", [7, 16, 40, 65, 96, 130]),
        "pad_token_id": vocabulary.special["pad"],
    }
    if classifier:
        common["num_labels"] = 1
    config = _CONFIGS[family.name](common, vocabulary, limit, deal)
    torch.manual_seed(deal.seed())
    model = family.model(config, classifier).float().eval()
    scale = 0.25 * min(1.0, (48 / (head * heads)) ** 0.5)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            norm = "norm" in name.lower() and name.endswith("weight")
            parameter.normal_(1.0 if norm else 0.0, 0.25 if norm else scale)
    return model


def _bert(common, vocabulary, limit, deal):
    return transformers.BertConfig(
        **common,
        max_position_embeddings=limit + deal("positions beyond the limit", [0, 0, 5]),
        type_vocab_size=deal("types", [2, 2, 2, 1 if not vocabulary.type_ids else 3]),
        hidden_act=deal("activation", ["gelu", "gelu", "gelu_new", "relu", "gelu_pytorch_tanh", "silu"]),
        layer_norm_eps=deal("epsilon", [1e-12, 1e-12, 1e-5, 1e-7, 1e-3])
    )


def _roberta(kind):
    def config(common, vocabulary, limit, deal):
        return kind(
            **common,
            max_position_embeddings=limit + common["pad_token_id"] + 1,
            type_vocab_size=1,
            bos_token_id=vocabulary.special["cls"],
            eos_token_id=vocabulary.special["sep"],
            hidden_act=deal("activation", ["gelu", "gelu", "gelu_new", "relu"]),
            layer_norm_eps=deal("epsilon", [1e-5, 1e-5, 1e-12, 1e-3])
        )

    return config


def _modern_bert(common, vocabulary, limit, deal):
    layers = common["num_hidden_layers"] = deal("modern layers", [1, 3, 4, 5, 7])
    every = deal("global every", [1, 2, 3, 3, 3, 4, 0])
    if every == 0:  # a list of its own that no rule gives
        types = [("full_attention", "sliding_attention")[deal("layer type", [0, 1])] for _ in range(layers)]
    else:
        types = ["sliding_attention" if i % every else "full_attention" for i in range(layers)]
    config = transformers.ModernBertConfig(
        **common,
        max_position_embeddings=limit + deal("positions beyond the limit", [0, 8]),
        layer_types=types,
        local_attention=deal("window", [2, 5, 8, 9, 16, 128]),
        hidden_activation=deal("activation", ["gelu", "gelu", "gelu_pytorch_tanh", "silu"]),
        norm_eps=deal("epsilon", [1e-5, 1e-5, 1e-12, 1e-3]),
        norm_bias=deal("norm bias", [False, False, True]),
        attention_bias=deal("attention bias", [False, False, True]),
        mlp_bias=deal("mlp bias", [False, False, True]),
        classifier_pooling=deal("classifier pooling", ["cls", "mean"]),
        classifier_bias=deal("classifier bias", [False, False, True]),
        classifier_activation=deal("classifier activation", ["gelu", "gelu", "silu", "tanh"]),
        rope_parameters={
            "full_attention": {
                "rope_type": "default",
                "rope_theta": deal("global theta", [160000.0, 160000.0, 20000.0]),
            },
            "sliding_attention": {
                "rope_type": "default",
                "rope_theta": deal("local theta", [10000.0, 10000.0, 500.0]),
            },
        },
        cls_token_id=vocabulary.special["cls"],
        sep_token_id=vocabulary.special["sep"],
        bos_token_id=vocabulary.special["cls"],
        eos_token_id=vocabulary.special["sep"]
    )
    config.every = every
    return config


def _deberta(common, vocabulary, limit, deal):
    positions = limit + deal("positions beyond the limit", [0, 8])
    buckets = deal("buckets", [-1, 4, 8, 16, 256])
    attention = deal("pos_att_type", [["p2c", "c2p"], ["p2c", "c2p"], ["c2p"], ["p2c"], []])
    kernel = {
        "position_buckets": buckets,
        "max_relative_positions": deal(
            "relative positions",
            [-1, -1, max(positions // 2, 2)] if buckets < 0 else [-1, -1, positions, 2 * positions],
        ),
        "norm_rel_ebd": deal("norm_rel_ebd", ["layer_norm", "layer_norm", "none"]),
        "share_att_key": deal("share_att_key", [True, True, False]),
    }
    if kernel["max_relative_positions"] < 1 and buckets >= positions:
        kernel["position_buckets"] = deal("buckets beyond positions", [positions // 2 * 2, buckets])
    return transformers.DebertaV2Config(
        **common,
        **kernel,
        max_position_embeddings=positions,
        relative_attention=deal("relative attention", [True, True, True, False]),
        position_biased_input=deal("position_biased_input", [False, False, True]),
        type_vocab_size=deal("types", [0, 0, 2]),
        pos_att_type=attention,
        hidden_act=deal("activation", ["gelu", "gelu", "gelu_new"]),
        layer_norm_eps=deal("epsilon", [1e-7, 1e-7, 1e-5]),
        pooler_hidden_act=deal("pooler activation", ["gelu", "gelu", "tanh"]),
        pooler_dropout=0
    )


_CONFIGS = {
    "bert": _bert,
    "xlm-roberta": _roberta(transformers.XLMRobertaConfig),
    "roberta": _roberta(transformers.RobertaConfig),
    "camembert": _roberta(transformers.CamembertConfig),
    "modernbert": _modern_bert,
    "deberta-v2": _deberta,
}


def config_json(model: torch.nn.Module, dtype: torch.dtype, deal) -> dict:
    """The configuration as transformers 5 writes it, or as 4 did."""
    config = model.config.to_dict()
    every = config.pop("every", 0)
    config["architectures"] = [type(model).__name__]
    name = str(dtype).removeprefix("torch.")
    if deal("config spelling", ["new", "old", "old"]) == "new":
        config.pop("torch_dtype", None)
        return config | {"dtype": name}
    config.pop("dtype", None)
    for key in ("tie_word_embeddings", "add_cross_attention", "is_decoder"):
        config.pop(key, None)
    if config["model_type"] == "modernbert" and every:
        rope = config.pop("rope_parameters")
        config.pop("layer_types")
        config |= {
            "global_attn_every_n_layers": every,
            "global_rope_theta": rope["full_attention"]["rope_theta"],
            "local_rope_theta": rope["sliding_attention"]["rope_theta"],
            "layer_norm_eps": 1e-5,
            "reference_compile": None,
        }
    if config["model_type"] == "deberta-v2" and config["pos_att_type"]:
        config["pos_att_type"] = "|".join(config["pos_att_type"])
    if type(model).__name__.endswith("Classification") and deal("labels", ["named", "counted"]) == "counted":
        config["num_labels"] = len(config.pop("id2label"))
        config.pop("label2id")
    if deal("keys at their defaults", ["said", "missing"]) == "missing":
        usual = type(model.config)().to_dict()
        config = {
            key: value
            for key, value in config.items()
            if key == "model_type" or key not in usual or value != usual[key]
        }
    return config | {
        "torch_dtype": name,
        "transformers_version": "4.41.2",
        "position_embedding_type": "absolute",
        "_name_or_path": "some/model",
    }
