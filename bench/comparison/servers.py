"""Servers that are compared: how each is started, asked whether it is ready, and addressed."""

import json
import os
import socket
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import environments
import worker
from environments import Missing
from places import DISTRIBUTION, ENVIRONMENTS, WORK

PATIENCE = 180  # seconds until a server is ready
TEI = "TUTTI_COMPARE_TEI"


@dataclass(frozen=True)
class Server:
    key: str
    label: str
    precision: str
    form: str
    ready: str  # the path that answers 200
    embeddings: str
    rerank: str
    quick: bool = True

    @property
    def ours(self):
        return self.key.startswith("tutti")

    @property
    def name(self):
        return f"{self.label} {self.precision}"


SERVERS = (
    Server("tutti-bf16", "Tutti", "bf16", "as it comes", "/readyz", "/v1/embeddings", "/v1/rerank"),
    Server("tutti-int8", "Tutti", "int8", "--precision int8", "/readyz", "/v1/embeddings", "/v1/rerank"),
    Server("infinity-bf16", "Infinity", "bf16", "PyTorch, --dtype bfloat16", "/health", "/embeddings", "/rerank"),
    Server("infinity-f32", "Infinity", "f32", "PyTorch", "/health", "/embeddings", "/rerank", quick=False),
    Server("tei-f32", "text-embeddings-inference", "f32", "ONNX Runtime", "/health", "/v1/embeddings", "/rerank"),
)
BY_KEY = {one.key: one for one in SERVERS}


def command(server, folder, port):
    """The command line, and what it needs in its environment."""
    if server.ours:
        program = DISTRIBUTION / "bin" / "tutti"
        return [program, "serve", "--port", port, "--model", f"model={folder}", "--precision", server.precision], {}
    if server.key.startswith("infinity"):
        program = environments.python("infinity").with_name("infinity_emb")
        line = [program, "v2", "--model-id", folder, "--served-model-name", "model", "--port", port, "--host", "127.0.0.1"]
        line += ["--engine", "torch", "--device", "cpu", "--dtype", "bfloat16" if server.precision == "bf16" else "float32"]
        return [*line, "--no-bettertransformer", "--no-model-warmup", "--log-level", "warning"], {"DO_NOT_TRACK": "1"}
    program = os.environ.get(TEI)
    if not program or not Path(program).exists():
        raise Missing(f"no binary: build it from its repository and name it in {TEI}")
    library = next((ENVIRONMENTS / "engines").glob("lib/python*/site-packages/onnxruntime/capi/libonnxruntime.so.*"), None)
    line = [program, "--model-id", folder, "--port", port, "--hostname", "127.0.0.1", "--max-client-batch-size", 1024]
    line += ["--auto-truncate", "--max-concurrent-requests", 1024, "--prometheus-port", free_port()]
    return line, {"ORT_DYLIB_PATH": str(library)}


class Running:
    """A server in a process group of its own, on as many cores as the machine gives."""

    def __init__(self, server, folder, cores):
        self.server = server
        self.port = free_port()
        line, more = command(server, folder, self.port)
        WORK.mkdir(parents=True, exist_ok=True)
        self.log = WORK / f"server-{server.key}.log"
        begin = time.monotonic()
        with open(self.log.with_suffix(".out"), "w") as out:
            self.process = worker.start(line, cores, self.log, stdout=out, environment=more)
        while not self.ready():
            if self.process.poll() is not None:
                self.close()
                raise Missing(f"ended at start: {worker.last_line(self.log)}")
            if time.monotonic() - begin > PATIENCE:
                self.close()
                raise Missing(f"was not ready after {PATIENCE} s")
            time.sleep(0.02)
        self.seconds = time.monotonic() - begin

    def ready(self):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{self.server.ready}", timeout=5) as answer:
                return answer.status == 200
        except (OSError, urllib.error.URLError):
            return False

    def memory(self):
        """Most and present resident memory in MB."""
        return worker.memory(self.process)

    def ask(self, path, body):
        """One reply, read as JSON."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}", json.dumps(body).encode(), {"content-type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=120) as answer:
            return json.load(answer)

    def close(self):
        worker.end(self.process)


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def rerank_body(server, query, documents):
    if server.key.startswith("tei"):
        return {"query": query, "texts": documents, "truncate": True}
    return {"model": "model", "query": query, "documents": documents}


def embeddings_body(texts, encoding="float"):
    return {"model": "model", "input": texts, "encoding_format": encoding}
