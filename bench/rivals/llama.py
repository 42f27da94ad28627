"""llama.cpp on a GGUF file made of a folder of folders.py's: llama.py f32 | bf16 | q8_0. Texts in, one after another.

The file's layout is GGUF's for BERT: words begin with U+2581, continuations have no mark; norms, biases and positions stay f32.
"""

import json
import sys
from pathlib import Path

import gguf
import llama_cpp
import protocol
from engines import MOST_TOKENS, tokenizer
from safetensors.numpy import load_file

LAYER = {
    "attention.self.query": "attn_q",
    "attention.self.key": "attn_k",
    "attention.self.value": "attn_v",
    "attention.output.dense": "attn_output",
    "attention.output.LayerNorm": "attn_output_norm",
    "intermediate.dense": "ffn_up",
    "output.dense": "ffn_down",
    "output.LayerNorm": "layer_output_norm",
}
EMBEDDINGS = {
    "embeddings.word_embeddings": "token_embd",
    "embeddings.token_type_embeddings": "token_types",
    "embeddings.position_embeddings": "position_embd",
    "embeddings.LayerNorm": "token_embd_norm",
}
TYPES = {"f32": gguf.GGMLQuantizationType.F32, "bf16": gguf.GGMLQuantizationType.BF16, "q8_0": gguf.GGMLQuantizationType.Q8_0}


def renamed(name):
    stem, kind = name.rsplit(".", 1)
    if stem in EMBEDDINGS:
        return f"{EMBEDDINGS[stem]}.{kind}"
    _, _, number, part = stem.split(".", 3)
    return f"blk.{number}.{LAYER[part]}.{kind}"


def convert(folder, file, kind):
    config = json.loads((folder / "config.json").read_text())
    writer = gguf.GGUFWriter(file, "bert")
    writer.add_name("bge-small-en-v1.5")
    writer.add_context_length(MOST_TOKENS)
    writer.add_embedding_length(config["hidden_size"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_head_count(config["num_attention_heads"])
    writer.add_layer_norm_eps(config["layer_norm_eps"])
    writer.add_causal_attention(False)
    writer.add_pooling_type(gguf.PoolingType.CLS)
    vocabulary(writer, json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))["model"]["vocab"])
    for name, tensor in load_file(folder / "model.safetensors").items():
        own = TYPES[kind] if tensor.ndim == 2 and "position" not in name and "token_type" not in name else TYPES["f32"]
        writer.add_tensor(renamed(name), gguf.quantize(tensor, own) if own != TYPES["f32"] else tensor, raw_dtype=own)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def vocabulary(writer, known):
    tokens = sorted(known, key=known.get)
    special = [token.startswith("[") and token.endswith("]") and len(token) > 2 for token in tokens]
    marked = [t if s else t.removeprefix("##") if t.startswith("##") else "\u2581" + t for t, s in zip(tokens, special)]
    writer.add_tokenizer_model("bert")
    writer.add_token_list(marked)
    writer.add_token_types([gguf.TokenType.CONTROL if s else gguf.TokenType.NORMAL for s in special])
    writer.add_token_type_count(2)
    writer.add_unk_token_id(known["[UNK]"])
    writer.add_sep_token_id(known["[SEP]"])
    writer.add_pad_token_id(known["[PAD]"])
    writer.add_mask_token_id(known["[MASK]"])
    writer.add_uint32("tokenizer.ggml.cls_token_id", known["[CLS]"])
    writer.add_bos_token_id(known["[CLS]"])
    writer.add_eos_token_id(known["[SEP]"])


def without_repacked_weights():
    """Its kernels for AMX crash with eight-bit weights of this model."""
    defaults = llama_cpp.llama_model_default_params

    def plain():
        parameters = defaults()
        parameters.use_extra_bufts = False
        return parameters

    llama_cpp.llama_cpp.llama_model_default_params = plain


class Llama(protocol.Contestant):
    takes = "texts"
    batches = (1,)

    def __init__(self, kind):
        self.kind = kind

    def load(self, order):
        folder = Path(order["folder"])
        file = folder.with_name(f"{folder.name}-{self.kind}.gguf")
        if not file.exists():
            convert(folder, file.with_suffix(".part"), self.kind)
            file.with_suffix(".part").rename(file)
        self.tokenizer = tokenizer(folder)
        if self.kind == "q8_0":
            without_repacked_weights()
        self.model = llama_cpp.Llama(
            str(file),
            embedding=True,
            pooling_type=llama_cpp.LLAMA_POOLING_TYPE_CLS,
            n_ctx=MOST_TOKENS,
            n_batch=MOST_TOKENS,
            n_ubatch=MOST_TOKENS,
            n_threads=order["threads"],
            n_threads_batch=order["threads"],
            verbose=False,
        )
        return f"{order['threads']} threads, one text at a time"

    def count(self, prepared):
        return [len(one.ids) for one in self.tokenizer.encode_batch(prepared)]

    def compute(self, batches):
        return [self.model.embed(batch, normalize=True) for batch in batches]


if __name__ == "__main__":
    protocol.serve(Llama(sys.argv[1]))
