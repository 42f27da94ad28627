"""The cache of the Hugging Face libraries is Tutti's: what either has fetched the other finds, and neither asks again."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from hub import Hub

TUTTI = os.environ["TUTTI"]
MODEL = Path(os.environ["TUTTI_MODEL"])  # a model's folder
NAME = "me/tiny"

work = Path(tempfile.mkdtemp(prefix="tutti-cache-"))
shutil.copytree(MODEL, work / "models" / NAME)
(work / "models" / NAME / "tf_model.h5").write_bytes(b"for another program")
(work / "models" / NAME / ".gitattributes").write_bytes(b"* text=auto")
hub = Hub(work / "models")


def environment(home, offline=False):
    return {
        **os.environ, "HF_HOME": str(work / home), "HF_ENDPOINT": hub.endpoint, "HF_HUB_OFFLINE": "1" if offline else "0",
        "HF_HUB_DISABLE_XET": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}


def tutti(home, *arguments, offline=False):
    done = subprocess.run([TUTTI, *arguments], env=environment(home, offline), capture_output=True, text=True)
    assert done.returncode == 0, done
    return done.stdout


def python(home, program, offline=False):
    begin = "from huggingface_hub import hf_hub_download, scan_cache_dir, snapshot_download, try_to_load_from_cache\n"
    done = subprocess.run(
        [sys.executable, "-c", begin + program], env=environment(home, offline), capture_output=True, text=True)
    assert done.returncode == 0, done
    return done.stdout.strip()


def found(home):
    return json.loads(tutti(home, "models", NAME, "--json", offline=True))


try:
    # What Tutti has fetched, Python finds, whole and under the same names.
    tutti("one", "pull", NAME)
    snapshot = found("one")["folder"]
    assert python("one", f"print(snapshot_download({NAME!r}, local_files_only=True))") == snapshot
    assert python("one", f"print(snapshot_download({NAME!r}))", offline=True) == snapshot
    for file in ("config.json", "model.safetensors"):
        path = Path(python("one", f"print(hf_hub_download({NAME!r}, {file!r}, local_files_only=True))"))
        assert path == Path(snapshot, file) and path.read_bytes() == (work / "models" / NAME / file).read_bytes()
    assert not Path(snapshot, "tf_model.h5").exists()
    scanned = python("one", "info = scan_cache_dir(); print(len(info.repos), len(info.warnings), [r.repo_id for r in info.repos])")
    assert scanned == f"1 0 ['{NAME}']", scanned

    # Python asks for nothing that is there already.
    hub.requests.clear()
    python("one", f"hf_hub_download({NAME!r}, 'model.safetensors')")
    assert not [path for method, path in hub.requests if method == "GET" and "/resolve/" in path], hub.requests

    # What Python has fetched, Tutti finds, and asks for nothing.
    snapshot = python("two", f"print(snapshot_download({NAME!r}))")
    hub.requests.clear()
    assert found("two")["folder"] == snapshot and not hub.requests
    tutti("two", "pull", NAME)
    assert not [path for method, path in hub.requests if method == "GET" and "/resolve/" in path], hub.requests

    # What Python has fetched in part, Tutti completes, and Python sees it.
    python("three", f"hf_hub_download({NAME!r}, 'model.safetensors')")
    hub.requests.clear()
    tutti("three", "pull", NAME)
    assert not [path for method, path in hub.requests if method == "GET" and path.endswith(".safetensors")], hub.requests
    assert python("three", f"print(snapshot_download({NAME!r}, local_files_only=True))") == found("three")["folder"]

    # Files that a model does not have are noted, so that nobody asks for them again.
    (work / "models" / NAME / "config_sentence_transformers.json").unlink(missing_ok=True)
    tutti("four", "pull", NAME)
    absent = python("four", f"print(try_to_load_from_cache({NAME!r}, 'config_sentence_transformers.json'))")
    assert "object object" in absent, absent
    print("the cache is the same")
finally:
    shutil.rmtree(work)
