"""Decoders' shapes in PyTorch and llama.cpp beside `bench/run decoder`: random weights, one after another, in turn.

    python3 -m venv v && v/bin/pip install torch transformers gguf
    CMAKE_ARGS=-DGGML_NATIVE=ON v/bin/pip install --no-binary llama-cpp-python llama-cpp-python   # compiles, some minutes
    v/bin/python bench/rivals/decoder.py --shape e5_mistral --layers 2 --threads 1

Every turn is a process of its own, pinned to the same cores, and warms itself up; the median of the rounds counts. One model is in
memory at a time. PyTorch and llama.cpp get one text at a time, which at these lengths is their best, 128 tokens in fours; all
compute the last token's state, llama.cpp its logits besides, of which it cannot be relieved. Every layer of theirs has the same
weights, read from memory of its own.
"""

import argparse
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

# model_type, hidden, layers, heads, key heads, head size, intermediate, vocabulary
SHAPES = {
    "qwen3_0_6b": ("qwen3", 1024, 28, 16, 8, 128, 3072, 151669),
    "mxbai_large_v2": ("qwen2", 1536, 28, 12, 2, 128, 8960, 151936),
    "e5_mistral": ("mistral", 4096, 32, 32, 8, 128, 14336, 32000),
}
NAMES = ["Tutti bf16", "Tutti int8", "PyTorch bf16", "llama.cpp BF16", "llama.cpp Q8_0"]
RUN = Path(__file__).resolve().parents[1] / "run"
CALL = 512  # tokens in one call, of texts that are no longer


def clock(options):
    return time.process_time() if options.clock == "cpu" else time.perf_counter()


def rates(forward, options):
    """Tokens per second of `forward(texts, length)`, a length at a time."""
    for length in options.lengths:
        texts = max(1, CALL // length)
        if length <= CALL:
            forward(texts, length)
        done, begin = 0, clock(options)
        while done == 0 or clock(options) - begin < options.seconds:
            forward(texts, length)
            done += texts * length
        yield done / (clock(options) - begin)


def pytorch(options):
    import torch
    import transformers

    kind, hidden, layers, heads, groups, size, wide, vocabulary = SHAPES[options.shape]
    torch.set_num_threads(options.threads)
    name = {"mistral": "Mistral", "qwen2": "Qwen2", "qwen3": "Qwen3"}[kind]
    config = getattr(transformers, name + "Config")(
        hidden_size=hidden,
        num_hidden_layers=options.layers or layers,
        num_attention_heads=heads,
        num_key_value_heads=groups,
        head_dim=size,
        intermediate_size=wide,
        vocab_size=vocabulary,
        max_position_embeddings=32768,
        sliding_window=4096 if kind == "mistral" else None,
        attn_implementation="sdpa",
    )
    with torch.device("meta"):
        model = getattr(transformers, name + "Model")(config).to(torch.bfloat16)
    model = model.to_empty(device="cpu").eval()
    model.rotary_emb = type(model.rotary_emb)(config)
    pool = (torch.rand(4194301) - 0.5).mul_(0.07).to(torch.bfloat16)
    with torch.inference_mode():
        for key, value in model.named_parameters():
            if "norm" in key:
                value.fill_(1)
            else:
                flat = value.view(-1)
                for first in range(0, len(flat), len(pool)):
                    part = flat[first : first + len(pool)]
                    part.copy_(pool[: len(part)])

    def forward(texts, length):
        with torch.inference_mode():
            ids = torch.randint(1000, 30000, (texts, length))
            return model(ids, use_cache=False).last_hidden_state[:, -1]

    return rates(forward, options)


def convert(file, options, quantised):
    """The shape in llama.cpp's format, without a tokenizer."""
    import gguf
    import numpy

    kind, hidden, layers, heads, groups, size, wide, vocabulary = SHAPES[options.shape]
    layers = options.layers or layers
    name = "llama" if kind == "mistral" else kind
    form = gguf.GGMLQuantizationType.Q8_0 if quantised else gguf.GGMLQuantizationType.BF16
    pool = ((numpy.random.default_rng(1).random(4194304, dtype=numpy.float32) - 0.5) * 0.07).astype(numpy.float32)
    made = {}

    def weight(out, inner):
        if (out, inner) not in made:
            parts = (numpy.resize(pool, (min(512, out - first), inner)) for first in range(0, out, 512))
            made[out, inner] = numpy.concatenate([gguf.quants.quantize(part, form) for part in parts])
        return made[out, inner]

    writer = gguf.GGUFWriter(file, name)
    writer.add_context_length(32768)
    writer.add_embedding_length(hidden)
    writer.add_block_count(layers)
    writer.add_feed_forward_length(wide)
    writer.add_head_count(heads)
    writer.add_head_count_kv(groups)
    writer.add_key_length(size)
    writer.add_value_length(size)
    writer.add_rope_dimension_count(size)
    writer.add_rope_freq_base(10000.0 if kind == "mistral" else 1000000.0)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_vocab_size(vocabulary)
    writer.add_tokenizer_model("none")
    ones = lambda n: numpy.ones(n, dtype=numpy.float32)
    zeros = lambda n: numpy.zeros(n, dtype=numpy.float32)
    writer.add_tensor("token_embd.weight", weight(vocabulary, hidden), raw_dtype=form)
    writer.add_tensor("output_norm.weight", ones(hidden))
    for i in range(layers):
        layer = f"blk.{i}."
        writer.add_tensor(layer + "attn_norm.weight", ones(hidden))
        writer.add_tensor(layer + "ffn_norm.weight", ones(hidden))
        shapes = {"q": (heads * size, hidden), "k": (groups * size, hidden), "v": (groups * size, hidden)}
        for key, shape in shapes.items():
            writer.add_tensor(layer + f"attn_{key}.weight", weight(*shape), raw_dtype=form)
            if kind == "qwen2":
                writer.add_tensor(layer + f"attn_{key}.bias", zeros(shape[0]))
        writer.add_tensor(layer + "attn_output.weight", weight(hidden, heads * size), raw_dtype=form)
        if kind == "qwen3":
            writer.add_tensor(layer + "attn_q_norm.weight", ones(size))
            writer.add_tensor(layer + "attn_k_norm.weight", ones(size))
        writer.add_tensor(layer + "ffn_gate.weight", weight(wide, hidden), raw_dtype=form)
        writer.add_tensor(layer + "ffn_up.weight", weight(wide, hidden), raw_dtype=form)
        writer.add_tensor(layer + "ffn_down.weight", weight(hidden, wide), raw_dtype=form)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def llama(options, quantised):
    import ctypes
    import random

    import llama_cpp

    name = f"{options.shape}-{options.layers}-{'q8_0' if quantised else 'bf16'}.gguf"
    file = Path(options.folder, name)
    if not file.exists():
        convert(file, options, quantised)
    silent = llama_cpp.llama_log_callback(lambda level, text, data: None)  # kept, since it goes on being called
    llama_cpp.llama_log_set(silent, ctypes.c_void_p(0))
    llama_cpp.llama_backend_init()
    parameters = llama_cpp.llama_model_default_params()
    parameters.use_extra_bufts = not options.plain
    model = llama_cpp.llama_model_load_from_file(str(file).encode(), parameters)
    if not model:
        raise SystemExit(f"llama.cpp does not load {file}")
    most = max(max(options.lengths), CALL)
    setting = llama_cpp.llama_context_default_params()
    setting.n_ctx, setting.n_batch, setting.n_ubatch = most, most, CALL
    setting.n_seq_max = 8
    setting.kv_unified = True
    setting.n_threads = setting.n_threads_batch = options.threads
    context = llama_cpp.llama_init_from_model(model, setting)
    batch = llama_cpp.llama_batch_init(most, 0, 1)

    def forward(texts, length):
        llama_cpp.llama_memory_clear(llama_cpp.llama_get_memory(context), True)
        batch.n_tokens = texts * length
        for i in range(texts * length):
            batch.token[i] = random.randrange(1000, 30000)
            batch.pos[i] = i % length
            batch.n_seq_id[i] = 1
            batch.seq_id[i][0] = i // length
            batch.logits[i] = i % length == length - 1
        if llama_cpp.llama_decode(context, batch) != 0:
            raise SystemExit("llama.cpp does not compute")

    return rates(forward, options)


def contestant(options):
    match options.contestant:
        case "PyTorch bf16":
            found = pytorch(options)
        case "llama.cpp BF16":
            found = llama(options, False)
        case _:
            found = llama(options, True)
    print("rates", *found)


def tutti(precision, options):
    command = [RUN, "decoder", "--shape", options.shape, "--threads", str(options.threads), "--precision", precision]
    command += ["--layers", str(options.layers), "--lengths", ",".join(map(str, options.lengths)), "--rounds", "1"]
    command += ["--turn", str(int(options.seconds * 1000)), "--clock", options.clock, "--folder", options.folder + "/tutti"]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    cells = [[cell.strip() for cell in line.split("|")] for line in lines if line.startswith("|")]
    found = {row[1].replace(",", ""): float(re.match(r"[\d,.]+", row[2])[0].replace(",", "")) for row in cells if row[3][-1:] == "%"}
    return [found[str(length)] for length in options.lengths]


def rival(name, options):
    """A turn in a process of its own; where llama.cpp's AMX kernels crash, again without them."""
    cores = f"0-{options.threads - 1}"
    python = options.llama if name.startswith("llama") else sys.executable
    command = ["taskset", "-c", cores, python, __file__, "--contestant", name, "--folder", options.folder]
    command += ["--shape", options.shape, "--layers", str(options.layers), "--threads", str(options.threads)]
    command += ["--lengths", ",".join(map(str, options.lengths)), "--seconds", str(options.seconds), "--clock", options.clock]
    environment = os.environ | {"OMP_NUM_THREADS": str(options.threads)}
    if name in options.crashed:
        command.append("--plain")
    run = subprocess.run(command, stdout=subprocess.PIPE, text=True, env=environment)
    if run.returncode == -signal.SIGSEGV and name not in options.crashed:
        print(f"{name} crashes with weights repacked for this CPU; measured without that", file=sys.stderr)
        options.crashed.add(name)
        return rival(name, options)
    run.check_returncode()
    return [float(rate) for rate in next(line for line in run.stdout.splitlines() if line.startswith("rates")).split()[1:]]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--shape", choices=SHAPES, default="qwen3_0_6b")
    parser.add_argument("--layers", type=int, default=0, help="how many (default: the shape's own)")
    parser.add_argument("--lengths", type=lambda text: [int(n) for n in text.split(",")], default=[128, 512, 4096])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=2.0, help="least length of a turn")
    parser.add_argument("--clock", choices=["wall", "cpu"], default="wall", help="cpu on a machine that others use too")
    parser.add_argument("--only", nargs="*", choices=NAMES, default=NAMES)
    parser.add_argument("--llama", default=sys.executable, help="the Python that has llama-cpp-python and gguf")
    parser.add_argument("--folder", help="where the weights are written, and stay (default: a temporary folder)")
    parser.add_argument("--contestant", help=argparse.SUPPRESS)
    parser.add_argument("--plain", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.contestant:
        contestant(options)
        return
    with tempfile.TemporaryDirectory() as temporary:
        options.folder = options.folder or temporary
        options.crashed = set()
        found = {name: [] for name in options.only}
        for _ in range(options.rounds):
            for name in options.only:
                own = name.startswith("Tutti")
                found[name].append(tutti(name.split()[1], options) if own else rival(name, options))
    title = f"{options.shape}, {options.layers or SHAPES[options.shape][2]} layers, {options.threads} core(s)"
    print(f"| {title} | " + " | ".join(f"{length} tokens" for length in options.lengths) + " |")
    print("|---" * (len(options.lengths) + 1) + "|")
    for name, rounds in found.items():
        medians = [statistics.median(values) for values in zip(*rounds)]
        print(f"| {name} | " + " | ".join(f"{rate:,.0f}" for rate in medians) + " |")


if __name__ == "__main__":
    main()
