"""Tiny tokenizers in the layouts that published folders have."""

import functools
import io
import json
from dataclasses import dataclass, field

import sentencepiece
from sentencepiece import sentencepiece_model_pb2
from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers, pre_tokenizers, processors, trainers

import texts


@dataclass
class Vocabulary:
    """A tokenizer and the files around it."""

    tokenizer: Tokenizer
    config: dict  # tokenizer_config.json
    special: dict[str, int]  # ids by role: pad, cls, sep
    files: dict[str, bytes] = field(default_factory=dict)  # older forms of the same vocabulary
    enough: bool = True  # whether the older forms say all that the tokenizer is
    type_ids: bool = False

    @property
    def size(self) -> int:
        return max(self.tokenizer.get_vocab(with_added_tokens=True).values()) + 1


def word_piece(deal) -> Vocabulary:
    lower = deal("wordpiece lower-cases", [True, True, False])
    names = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(
        lowercase=lower, strip_accents=deal("strip accents", [None, None, None, True, False])
    )
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.train_from_iterator(
        texts.SENTENCES,
        trainers.WordPieceTrainer(
            vocab_size=deal("wordpiece size", [300, 420, 700]), special_tokens=names, show_progress=False
        ),
    )
    vocabulary = tokenizer.get_vocab()
    if deal("wordpiece layout", ["plain", "published"]) == "published":
        unused = [f"[unused{i}]" for i in range(99)]
        order = ["[PAD]", *unused, "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
        order += [word for word in sorted(vocabulary, key=vocabulary.get) if word not in names]
        vocabulary = {word: i for i, word in enumerate(order)}
    longest = deal("wordpiece longest word", [100, 100, 100, 12])
    tokenizer.model = models.WordPiece(vocabulary, unk_token="[UNK]", max_input_chars_per_word=longest)
    tokenizer.add_special_tokens(names)
    cls, sep = vocabulary["[CLS]"], vocabulary["[SEP]"]
    if deal("wordpiece post-processor", ["template", "bert"]) == "template":
        tokenizer.post_processor = processors.TemplateProcessing(
            single="[CLS]:0 $A:0 [SEP]:0",
            pair="[CLS]:0 $A:0 [SEP]:0 $B:1 [SEP]:1",
            special_tokens=[("[CLS]", cls), ("[SEP]", sep)],
        )
    else:
        tokenizer.post_processor = processors.BertProcessing(("[SEP]", sep), ("[CLS]", cls))
    config = {
        "cls_token": "[CLS]",
        "sep_token": "[SEP]",
        "pad_token": "[PAD]",
        "unk_token": "[UNK]",
        "mask_token": "[MASK]",
        "do_lower_case": lower,
        "strip_accents": tokenizer.normalizer.strip_accents,
        "tokenize_chinese_chars": True,
        "tokenizer_class": "BertTokenizer",
    }
    lines = "\n".join(sorted(vocabulary, key=vocabulary.get)) + "\n"
    return Vocabulary(
        tokenizer,
        config,
        {"pad": vocabulary["[PAD]"], "cls": cls, "sep": sep},
        {"vocab.txt": lines.encode()},
        longest == 100,
        type_ids=True,
    )


_DEBERTA = {
    "pad_id": 0,
    "bos_id": 1,
    "eos_id": 2,
    "unk_id": 3,
    "pad_piece": "[PAD]",
    "bos_piece": "[CLS]",
    "eos_piece": "[SEP]",
    "unk_piece": "[UNK]",
}


@functools.cache
def _sentencepiece(size: int, rule: str, **ids) -> bytes:
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(texts.SENTENCES * 3),
        model_writer=model,
        vocab_size=size,
        character_coverage=0.98,
        model_type="unigram",
        normalization_rule_name=rule,
        hard_vocab_limit=False,
        num_threads=1,
        minloglevel=2,
        **ids,
    )
    return model.getvalue()


def _pieces(deal, **ids) -> tuple[bytes, list[tuple[str, float]], bytes]:
    model = _sentencepiece(
        deal("sentencepiece size", [330, 450]),
        deal("sentencepiece rule", ["nmt_nfkc", "nmt_nfkc", "nmt_nfkc_cf"]),
        **ids,
    )
    proto = sentencepiece_model_pb2.ModelProto()
    proto.ParseFromString(model)
    return model, [(piece.piece, piece.score) for piece in proto.pieces], proto.normalizer_spec.precompiled_charsmap


def _cut_as_sentencepiece(tokenizer: Tokenizer, charsmap: bytes, deal) -> bool:
    """Sets how texts are normalised and cut into words; returns whether it is the way that the older file implies."""
    form = deal("cut as SentencePiece", ["words", "words", "words", "spaces", "bare"])
    tokenizer.normalizer = normalizers.Precompiled(charsmap)
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    if form == "words":
        words = pre_tokenizers.WhitespaceSplit()
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence([words, tokenizer.pre_tokenizer])
    if form == "spaces":
        spaces = [normalizers.Strip(left=False, right=True), normalizers.Replace(Regex(" {2,}"), "▁")]
        tokenizer.normalizer = normalizers.Sequence([tokenizer.normalizer, *spaces])
    return form == "words"


def _roberta_ends(cls: int, sep: int):
    return processors.TemplateProcessing(
        single=["<s>", "$A", "</s>"],
        pair=["<s>", "$A", "</s>", "</s>", "$B", "</s>"],
        special_tokens=[("<s>", cls), ("</s>", sep)],
    )


def xlm_roberta(deal) -> Vocabulary:
    model, pieces, charsmap = _pieces(deal)
    vocabulary = [("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), *pieces[3:], ("<mask>", 0.0)]
    tokenizer = Tokenizer(models.Unigram(vocabulary, unk_id=3))
    enough = _cut_as_sentencepiece(tokenizer, charsmap, deal)
    tokenizer.post_processor = _roberta_ends(0, 2)
    tokenizer.add_special_tokens(["<s>", "<pad>", "</s>", "<unk>", AddedToken("<mask>", lstrip=True)])
    config = {
        "bos_token": "<s>",
        "eos_token": "</s>",
        "cls_token": "<s>",
        "sep_token": "</s>",
        "pad_token": "<pad>",
        "unk_token": "<unk>",
        "mask_token": "<mask>",
        "tokenizer_class": "XLMRobertaTokenizer",
    }
    return Vocabulary(tokenizer, config, {"pad": 1, "cls": 0, "sep": 2}, {"sentencepiece.bpe.model": model}, enough)


def camembert(deal) -> Vocabulary:
    model, pieces, charsmap = _pieces(deal)
    vocabulary = [
        ("<s>NOTUSED", 0.0),
        ("<pad>", 0.0),
        ("</s>NOTUSED", 0.0),
        ("<unk>", 0.0),
        ("<unk>NOTUSED", -100.0),
        *pieces[1:],
        ("<mask>", 0.0),
    ]
    names = [piece for piece, _ in vocabulary]
    tokenizer = Tokenizer(models.Unigram(vocabulary, unk_id=3))
    enough = _cut_as_sentencepiece(tokenizer, charsmap, deal)
    cls, sep = names.index("<s>"), names.index("</s>")
    tokenizer.post_processor = _roberta_ends(cls, sep)
    tokenizer.add_special_tokens(["<s>", "</s>", "<pad>", "<unk>", AddedToken("<mask>", lstrip=True)])
    config = {
        "bos_token": "<s>",
        "eos_token": "</s>",
        "cls_token": "<s>",
        "sep_token": "</s>",
        "pad_token": "<pad>",
        "unk_token": "<unk>",
        "mask_token": "<mask>",
        "tokenizer_class": "CamembertTokenizer",
    }
    return Vocabulary(
        tokenizer, config, {"pad": 1, "cls": cls, "sep": sep}, {"sentencepiece.bpe.model": model}, enough
    )


def deberta(deal) -> Vocabulary:
    model, pieces, charsmap = _pieces(deal, **_DEBERTA)
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=3))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Strip(), normalizers.Precompiled(charsmap), normalizers.Replace(Regex(" {2,}"), " ")]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS]:0 $A:0 [SEP]:0",
        pair="[CLS]:0 $A:0 [SEP]:0 $B:1 [SEP]:1",
        special_tokens=[("[CLS]", 1), ("[SEP]", 2)],
    )
    tokenizer.add_special_tokens(["[PAD]", "[CLS]", "[SEP]", AddedToken("[UNK]", normalized=True), "[MASK]"])
    config = {
        "bos_token": "[CLS]",
        "eos_token": "[SEP]",
        "cls_token": "[CLS]",
        "sep_token": "[SEP]",
        "pad_token": "[PAD]",
        "unk_token": "[UNK]",
        "mask_token": "[MASK]",
        "do_lower_case": False,
        "split_by_punct": False,
        "vocab_type": "spm",
        "tokenizer_class": "DebertaV2Tokenizer",
    }
    return Vocabulary(tokenizer, config, {"pad": 0, "cls": 1, "sep": 2}, {"spm.model": model}, type_ids=True)


def _byte_level(size: int, names: list[str], prefix_space: bool) -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=prefix_space)
    tokenizer.train_from_iterator(
        texts.SENTENCES,
        trainers.BpeTrainer(
            vocab_size=size,
            special_tokens=names,
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        ),
    )
    return tokenizer


def roberta(deal) -> Vocabulary:
    names = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    prefix_space = deal("roberta prefix space", [False, False, True])
    tokenizer = _byte_level(deal("roberta size", [420, 600]), names, prefix_space)
    tokenizer.post_processor = processors.RobertaProcessing(
        ("</s>", 2), ("<s>", 0), trim_offsets=True, add_prefix_space=prefix_space
    )
    tokenizer.add_special_tokens([AddedToken(name, normalized=True, lstrip=name == "<mask>") for name in names])
    parts = json.loads(tokenizer.to_str())["model"]
    merges = (
        "#version: 0.2\n"
        + "\n".join(" ".join(merge) if isinstance(merge, list) else merge for merge in parts["merges"])
        + "\n"
    )
    config = {
        "bos_token": "<s>",
        "eos_token": "</s>",
        "cls_token": "<s>",
        "sep_token": "</s>",
        "pad_token": "<pad>",
        "unk_token": "<unk>",
        "mask_token": "<mask>",
        "add_prefix_space": prefix_space,
        "errors": "replace",
        "trim_offsets": True,
        "tokenizer_class": "RobertaTokenizer",
    }
    files = {"vocab.json": json.dumps(parts["vocab"]).encode(), "merges.txt": merges.encode()}
    return Vocabulary(tokenizer, config, {"pad": 1, "cls": 0, "sep": 2}, files)


def modern_bert(deal) -> Vocabulary:
    names = ["[CLS]", "[SEP]", "[PAD]", "[MASK]", "[UNK]"]
    tokenizer = _byte_level(deal("modernbert size", [450, 640]), ["|||IP_ADDRESS|||", "<|padding|>"], False)
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.add_tokens([AddedToken(" " * spaces, normalized=True) for spaces in range(12, 1, -1)])
    tokenizer.add_special_tokens([AddedToken(name, lstrip=name == "[MASK]") for name in names])
    ids = {name: tokenizer.token_to_id(name) for name in names}
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS]:0 $A:0 [SEP]:0",
        pair="[CLS]:0 $A:0 [SEP]:0 $B:1 [SEP]:1",
        special_tokens=[("[CLS]", ids["[CLS]"]), ("[SEP]", ids["[SEP]"])],
    )
    config = {
        "cls_token": "[CLS]",
        "sep_token": "[SEP]",
        "pad_token": "[PAD]",
        "unk_token": "[UNK]",
        "mask_token": "[MASK]",
        "clean_up_tokenization_spaces": True,
        "model_input_names": ["input_ids", "attention_mask"],
        "tokenizer_class": deal("modernbert class", ["PreTrainedTokenizerFast", "TokenizersBackend"]),
    }
    return Vocabulary(tokenizer, config, {"pad": ids["[PAD]"], "cls": ids["[CLS]"], "sep": ids["[SEP]"]})


def tokenizer_json(vocabulary: Vocabulary, deal) -> str:
    """The file; with settings of its own that every program is to override, and in old and new spelling."""
    parts = json.loads(vocabulary.tokenizer.to_str())
    if deal("stored truncation", [False, True, False]):
        parts["truncation"] = {"direction": "Right", "max_length": 9, "strategy": "LongestFirst", "stride": 0}
        parts["padding"] = {
            "strategy": {"Fixed": 24},
            "direction": "Right",
            "pad_to_multiple_of": None,
            "pad_id": vocabulary.special["pad"],
            "pad_type_id": 0,
            "pad_token": vocabulary.config["pad_token"],
        }
    if deal("old metaspace key", [False, True]):
        _old_metaspace(parts)
    if deal("old merges", [False, True]) and "merges" in parts["model"]:
        parts["model"]["merges"] = [
            " ".join(merge) if isinstance(merge, list) else merge for merge in parts["model"]["merges"]
        ]
    return json.dumps(parts, ensure_ascii=deal("escaped JSON", [False, True]))


def _old_metaspace(node) -> None:
    if isinstance(node, dict):
        if node.get("type") == "Metaspace":
            scheme = node.pop("prepend_scheme")
            node.pop("split")
            node["add_prefix_space"] = scheme == "always"
        for value in node.values():
            _old_metaspace(value)
    elif isinstance(node, list):
        for value in node:
            _old_metaspace(value)
