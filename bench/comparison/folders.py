"""Model folders for every contestant, made once: no model hub is asked."""

import json
import subprocess
import sys

import environments
import texts
from environments import Missing
from places import BUNDLED, FOLDERS, RIVALS, WORK

LIMIT = 1800  # seconds
FEW = 16  # texts to calibrate a model of random weights on


def folder(shape):
    """Makes it first where it is missing."""
    home = FOLDERS / shape
    if home.exists():
        return home
    print(f"Making the folder of {shape}…", file=sys.stderr, flush=True)
    WORK.mkdir(parents=True, exist_ok=True)
    FOLDERS.mkdir(parents=True, exist_ok=True)
    calibration = WORK / f"calibration-{shape}.json"
    sample = texts.prose()[1]
    calibration.write_text(json.dumps(sample if shape == "bge-small" else sample[:FEW]))
    command = [environments.python("engines"), RIVALS / "folders.py", shape, BUNDLED, home, calibration]
    log = WORK / f"folder-{shape}.log"
    with open(log, "w") as output:
        done = subprocess.run(command, stdout=output, stderr=output, timeout=LIMIT)
    if done.returncode:
        raise Missing(f"the folder of {shape} could not be made: see {log}")
    return home
