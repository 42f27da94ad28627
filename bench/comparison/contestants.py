"""Who is compared."""

from dataclasses import dataclass

from places import RIVALS, RUN

TUTTI = "tutti"
DIRECT, LIBRARY = "token ids in", "texts in"


@dataclass(frozen=True)
class Contestant:
    """Something that computes in a process of its own and takes orders as rivals/protocol.py says."""

    key: str
    label: str
    precision: str
    environment: str | None  # of Python; None: Tutti's own
    command: tuple[str, ...]  # what follows the environment's Python
    takes: str = DIRECT
    shapes: tuple[str, ...] = ("bge-small", "bge-base", "bge-large")
    sections: tuple[str, ...] = ("uniform", "mixed", "accuracy")
    quick: bool = True  # whether it also takes part where time is short

    @property
    def ours(self):
        return self.environment is None

    @property
    def name(self):
        return f"{self.label} {self.precision}"


def ours(precision):
    return Contestant(f"tutti-{precision}", "Tutti", precision, None, (str(RUN), "worker"))


def engine(key, label, precision, **more):
    script = str(RIVALS / "engines.py")
    return Contestant(f"{key}-{precision}", label, precision, "engines", (script, key, precision), **more)


SMALL = ("bge-small",)
NOT_LARGE = ("bge-small", "bge-base")


def library(key, label, precision, script, *arguments, **more):
    command = (str(RIVALS / script), *arguments)
    return Contestant(f"{key}-{precision.lower()}", label, precision, key, command, takes=LIBRARY, shapes=SMALL, **more)


def llama(precision):
    """llama.cpp, too slow here to be timed on hundreds of texts of all lengths."""
    return library("llama", "llama.cpp", precision, "llama.py", precision.lower(), sections=("uniform", "accuracy"), quick=False)


def transformers(backend, label, precision, quick=False):
    """sentence-transformers over one of the engines."""
    label = f"sentence-transformers, {label}"
    return engine(f"st-{backend}", label, precision, takes=LIBRARY, shapes=SMALL, sections=("mixed",), quick=quick)


CONTESTANTS = (
    ours("bf16"),
    ours("int8"),
    ours("f32"),
    engine("openvino", "OpenVINO", "bf16"),
    engine("openvino", "OpenVINO", "int8"),
    engine("openvino", "OpenVINO", "f32", shapes=SMALL, quick=False),
    engine("pytorch", "PyTorch", "bf16"),
    engine("pytorch", "PyTorch", "f32", shapes=NOT_LARGE, quick=False),
    engine("onnxruntime", "ONNX Runtime", "int8", shapes=NOT_LARGE),
    engine("onnxruntime", "ONNX Runtime", "f32"),
    transformers("openvino", "OpenVINO", "bf16", quick=True),
    transformers("openvino", "OpenVINO", "int8"),
    transformers("openvino", "OpenVINO", "f32"),
    transformers("pytorch", "PyTorch", "bf16", quick=True),
    transformers("pytorch", "PyTorch", "f32"),
    transformers("onnx", "ONNX Runtime", "int8"),
    library("fastembed", "FastEmbed", "f32", "fast_embed.py"),
    Contestant("langchain4j-f32", "langchain4j", "f32", "java", (), takes=LIBRARY, shapes=SMALL, quick=False),
    llama("BF16"),
    llama("Q8_0"),
    llama("F32"),
)

RERANKERS = (
    ours("bf16"),
    ours("int8"),
    ours("f32"),
    engine("openvino", "OpenVINO", "bf16"),
    engine("onnxruntime", "ONNX Runtime", "f32"),
    engine("cross-encoder", "sentence-transformers, PyTorch", "bf16", takes=LIBRARY),
    engine("cross-encoder", "sentence-transformers, PyTorch", "f32", takes=LIBRARY),
)

BY_KEY = {one.key: one for one in (*CONTESTANTS, *RERANKERS)}


def chosen(one, options):
    """Whether somebody takes part: Tutti always, others as asked, or all where there is time."""
    if one.ours:
        return True
    return one.key in options.rivals if options.rivals is not None else one.quick or not options.quick
