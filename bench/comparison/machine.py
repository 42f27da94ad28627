"""What figures mean nothing without."""

import datetime
import os
import platform
import re
import subprocess
from pathlib import Path

import environments
from places import ENVIRONMENTS, ROOT

SETS = (("amx_tile", "AMX"), ("avx512_bf16", "AVX512-BF16"), ("avx512_vnni", "AVX512-VNNI"), ("avx512f", "AVX-512"), ("avx2", "AVX2"))
PACKAGES = (
    "torch transformers sentence-transformers onnxruntime openvino nncf optimum-intel fastembed infinity-emb llama-cpp-python"
).split()


def describe():
    """Name, family, model, widest instruction set, cores, memory."""
    text = Path("/proc/cpuinfo").read_text()
    field = {name: re.search(rf"^{name}\s*: (.*)$", text, re.MULTILINE) for name in ("model name", "cpu family", "model", "flags")}
    flags = field["flags"][1].split() if field["flags"] else []
    return {
        "cpu": re.sub(r"\((R|TM|tm)\)", "", field["model name"][1]) if field["model name"] else platform.machine(),
        "family": int(field["cpu family"][1]) if field["cpu family"] else 0,
        "model": int(field["model"][1]) if field["model"] else 0,
        "instructions": next((name for flag, name in SETS if flag in flags), ""),
        "cores": len(os.sched_getaffinity(0)),
        "memory": int(re.search(r"MemTotal:\s*(\d+)", Path("/proc/meminfo").read_text())[1]) // 1_000_000,
    }


def available():
    """Megabytes that processes can still have."""
    return int(re.search(r"MemAvailable:\s*(\d+)", Path("/proc/meminfo").read_text())[1]) // 1000


def load():
    return round(os.getloadavg()[0], 2)


def today():
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC")


def commit():
    found = subprocess.run(["git", "-C", ROOT, "describe", "--always", "--dirty"], capture_output=True, text=True)
    return found.stdout.strip()


def versions():
    """Of what is installed in the environments that exist."""
    found = {}
    for requirements in sorted(environments.RIVALS.glob("requirements-*.txt")):
        site = list((ENVIRONMENTS / requirements.stem.removeprefix("requirements-")).glob("lib/python*/site-packages"))
        for name in PACKAGES:
            for information in site[0].glob(f"{name.replace('-', '_')}-*.dist-info") if site else ():
                found.setdefault(name, information.name.removesuffix(".dist-info").rsplit("-", 1)[1])
    return found
