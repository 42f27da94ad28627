"""M2-BERT's forward pass written with PyTorch and its FFT, beside `bench/run m2`: random weights of the published shape, in turn.

    python3 -m venv v && v/bin/pip install torch
    v/bin/python bench/rivals/m2.py --positions 2048 --threads 1

PyTorch gets its filters' spectra made beforehand, computes one text at a time without gradients, and takes bf16 for the products
when asked; transforms are f32, since it has no others on CPUs. The last layer is computed whole, as the reference does.
"""

import argparse
import os
import re
import statistics
import subprocess
import sys
import time
from pathlib import Path

HIDDEN, INNER, LAYERS, BLOCKS = 768, 3072, 12, 4
RUN = Path(__file__).resolve().parents[1] / "run"


def forward(positions, dtype):
    """A function of embedded text `[positions, HIDDEN]`."""
    import torch
    from torch.nn.functional import gelu, layer_norm, linear

    torch.manual_seed(1)

    def random(*shape):
        return torch.randn(*shape) * 0.02

    def layer():
        return {
            "in": random(3 * HIDDEN, HIDDEN).to(dtype),
            "short": random(3 * HIDDEN, 1, 3),
            "spectra": [torch.fft.rfft(random(HIDDEN, 2 * positions)) for _ in range(2)],
            "out": random(HIDDEN, HIDDEN).to(dtype),
            "gated": random(BLOCKS, 2 * INNER // BLOCKS, HIDDEN // BLOCKS).to(dtype),
            "down": random(BLOCKS, HIDDEN // BLOCKS, INNER // BLOCKS).to(dtype),
        }

    layers = [layer() for _ in range(LAYERS)]

    def long(x, spectrum):  # [HIDDEN, positions]
        return torch.fft.irfft(torch.fft.rfft(x, 2 * positions) * spectrum, 2 * positions)[:, :positions] + x

    def blocks(x, weights):  # [positions, blocks * in] -> [positions, blocks * out]
        parts = x.view(positions, BLOCKS, -1).transpose(0, 1)
        return torch.bmm(parts, weights.transpose(1, 2)).transpose(0, 1).reshape(positions, -1)

    def run(h):
        for part in layers:
            u = linear(h.to(dtype), part["in"]).float().t()  # [3 * HIDDEN, positions]
            u = torch.conv1d(u[None], part["short"], padding=2, groups=3 * HIDDEN)[0, :, :positions]
            x1, x2, v = u.split(HIDDEN)
            y = long(v * x1, part["spectra"][0]) * x2 + long(h.t(), part["spectra"][1])
            m = linear(y.t().to(dtype), part["out"])
            gate, value = blocks(m, part["gated"]).split(INNER, dim=1)
            o = blocks(gelu(gate) * value, part["down"])
            h = layer_norm((o + m).float(), (HIDDEN,))
        return torch.tanh(h[0])

    return run


def contestant(positions, threads, dtype):
    import torch

    torch.set_num_threads(threads)
    run = forward(positions, getattr(torch, dtype))
    h = torch.randn(positions, HIDDEN)
    seconds = []
    with torch.inference_mode():
        run(h)
        for _ in range(3):
            begin = time.perf_counter()
            run(h)
            seconds.append(time.perf_counter() - begin)
    print("seconds", statistics.median(seconds))


def tutti(positions, threads, precision):
    """Tutti computes a text a core at the same time, PyTorch one text on all of them."""
    rounds = max(3, 21 * 2048 // positions)  # the first are slower, while Java compiles
    command = [RUN, "m2", "--positions", str(positions), "--tokens", "50", "--rounds", str(rounds)]
    command += ["--threads", str(threads), "--precision", precision]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    row = next(line for line in lines if re.match(rf"\| {positions:,} +\| 50 ", line))
    return float(row.split("|")[3]) / threads


def rival(positions, threads, dtype):
    own = [sys.executable, __file__, "--contestant", dtype, "--positions", str(positions), "--threads", str(threads)]
    environment = os.environ | {"OMP_NUM_THREADS": str(threads)}
    command = ["taskset", "-c", f"0-{threads - 1}", *own]
    lines = subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout.splitlines()
    return float(next(line for line in lines if line.startswith("seconds")).split()[1])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--positions", type=int, default=2048)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--contestant", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.contestant:
        contestant(options.positions, options.threads, options.contestant)
        return
    sides = {
        "Tutti f32": lambda: tutti(options.positions, options.threads, "f32"),
        "Tutti bf16": lambda: tutti(options.positions, options.threads, "bf16"),
        "PyTorch f32": lambda: rival(options.positions, options.threads, "float32"),
        "PyTorch bf16": lambda: rival(options.positions, options.threads, "bfloat16"),
    }
    found = {name: [] for name in sides}
    for _ in range(options.rounds):
        for name, side in sides.items():
            found[name].append(side())
    print(f"| {options.positions:,} positions, {options.threads} core(s) | seconds a text |\n|---|---|")
    for name, rounds in found.items():
        print(f"| {name} | {statistics.median(rounds):.3f} |")


if __name__ == "__main__":
    main()
