"""BERT's shapes in PyTorch and ONNX Runtime beside `bench/run shape`: random weights, the same tokens, in turn.

    python3 -m venv v && v/bin/pip install torch transformers onnx onnxscript onnxruntime
    v/bin/python bench/rivals/encoder.py --shape large --threads 1

Every turn is a process of its own, pinned to the same cores, and warms itself up; the median of the rounds counts. The
rivals get batches of texts of one length, so they pad nothing.
"""

import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SHAPES = {"small": (384, 12, 12, 1536), "base": (768, 12, 12, 3072), "large": (1024, 24, 16, 4096)}
LENGTHS = (128, 512)
CALL = 2048  # tokens in one call, a core
SECONDS = 4.0
RUN = Path(__file__).resolve().parents[1] / "run"


def body(shape):
    from transformers import BertConfig, BertModel

    hidden, layers, heads, intermediate = SHAPES[shape]
    config = BertConfig(
        hidden_size=hidden,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        intermediate_size=intermediate,
    )
    return BertModel(config, add_pooling_layer=False).eval()


def rates(forward, threads):
    """Tokens per second of `forward(ids)`, a length at a time."""
    import numpy

    random = numpy.random.default_rng(1)
    for length in LENGTHS:
        ids = random.integers(1000, 30000, (CALL // length * threads, length))
        forward(ids)
        done, begin = 0, time.perf_counter()
        while time.perf_counter() - begin < SECONDS:
            forward(ids)
            done += ids.size
        yield done / (time.perf_counter() - begin)


def pytorch(shape, threads, dtype):
    import torch

    torch.set_num_threads(threads)
    model = body(shape).to(dtype)

    def forward(ids):
        with torch.inference_mode():
            return model(torch.from_numpy(ids)).last_hidden_state

    return rates(forward, threads)


def onnx_runtime(shape, threads, folder):
    import onnxruntime
    import torch

    file = Path(folder, shape + ".onnx")
    if not file.exists():
        ids = torch.randint(1000, 30000, (2, 16))
        torch.onnx.export(
            body(shape),
            (ids,),
            file,
            input_names=["ids"],
            dynamic_shapes=({0: torch.export.Dim("texts"), 1: torch.export.Dim("tokens")},),
            dynamo=True,
            verbose=False,
        )
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
    return rates(lambda ids: session.run(None, {"ids": ids}), threads)


def contestant(name, shape, threads, folder):
    import torch

    match name:
        case "PyTorch f32":
            found = pytorch(shape, threads, torch.float32)
        case "PyTorch bf16":
            found = pytorch(shape, threads, torch.bfloat16)
        case _:
            found = onnx_runtime(shape, threads, folder)
    print("rates", *found)


def tutti(shape, threads):
    command = [RUN, "shape", "--shape", shape, "--threads", str(threads), "--rounds", "1", "--turn", str(int(SECONDS * 1000))]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    row = next(line for line in lines if line.lower().startswith(f"| {shape} "))
    return [float(re.match(r"[\d,]+", cell.strip())[0].replace(",", "")) for cell in row.split("|")[-3:-1]]


def rival(name, options, folder):
    cores = f"0-{options.threads - 1}"
    own = ["taskset", "-c", cores, sys.executable, __file__, "--contestant", name, "--folder", folder]
    command = own + ["--shape", options.shape, "--threads", str(options.threads)]
    environment = os.environ | {"OMP_NUM_THREADS": str(options.threads)}
    lines = subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout.splitlines()
    return [float(rate) for rate in next(line for line in lines if line.startswith("rates")).split()[1:]]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--shape", choices=SHAPES, default="large")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--contestant", help=argparse.SUPPRESS)
    parser.add_argument("--folder", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.contestant:
        contestant(options.contestant, options.shape, options.threads, options.folder)
        return
    names = ["ONNX Runtime f32", "PyTorch f32", "PyTorch bf16"]
    found = {name: [] for name in ["Tutti", *names]}
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(options.rounds):
            found["Tutti"].append(tutti(options.shape, options.threads))
            for name in names:
                found[name].append(rival(name, options, folder))
    print(f"| {options.shape}, {options.threads} core(s) | " + " | ".join(f"{length} tokens" for length in LENGTHS) + " |")
    print("|---" * (len(LENGTHS) + 1) + "|")
    for name, rounds in found.items():
        medians = [statistics.median(values) for values in zip(*rounds)]
        print(f"| {name} | " + " | ".join(f"{rate:,.0f}" for rate in medians) + " |")


if __name__ == "__main__":
    main()
