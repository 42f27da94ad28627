"""Where things are."""

import os
from pathlib import Path

BENCH = Path(__file__).resolve().parents[1]
ROOT = BENCH.parent
RUN = BENCH / "run"
RIVALS = BENCH / "rivals"
RESULTS = BENCH / "results"
QUICK_RESULTS = BENCH / "target" / "results"
DISTRIBUTION = ROOT / "cli" / "target" / "tutti"
BUNDLED = DISTRIBUTION / "models" / "BAAI" / "bge-small-en-v1.5"
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "tutti-compare"
ENVIRONMENTS = CACHE / "environments"
FOLDERS = CACHE / "folders"
WORK = CACHE / "work"
