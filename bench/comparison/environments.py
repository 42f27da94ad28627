"""Python environments of the rivals, one for each requirements file, made once and kept in the user's cache."""

import shutil
import subprocess
import sys

from places import ENVIRONMENTS, RIVALS, ROOT

PATIENCE = 1800  # seconds; PyTorch alone brings 6 GB


class Missing(Exception):
    """A rival cannot take part; the message says why, in one line."""


def python(name):
    """The environment's interpreter; made first where it is missing or its requirements have changed."""
    requirements = RIVALS / f"requirements-{name}.txt"
    home = ENVIRONMENTS / name
    stamp = home / "requirements.txt"
    interpreter = home / "bin" / "python"
    if stamp.exists() and stamp.read_text() == requirements.read_text():
        return interpreter
    print(f"Making the environment {name}…", file=sys.stderr, flush=True)
    shutil.rmtree(home, ignore_errors=True)
    ENVIRONMENTS.mkdir(parents=True, exist_ok=True)
    log = ENVIRONMENTS / f"{name}.log"
    with open(log, "w") as output:
        try:
            subprocess.run([sys.executable, "-m", "venv", home], check=True, stdout=output, stderr=output)
            install = [interpreter, "-m", "pip", "install", "--quiet", "--requirement", requirements]
            subprocess.run(install, check=True, stdout=output, stderr=output, timeout=PATIENCE)
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
            raise Missing(f"could not be installed here ({type(error).__name__}, see {log})") from error
    shutil.copy(requirements, stamp)
    return interpreter


def langchain4j():
    """The command that runs langchain4j's rival; its class path comes from Maven, once."""
    home = ENVIRONMENTS / "langchain4j"
    project = RIVALS / "langchain4j"
    stamp, path = home / "pom.xml", home / "classpath"
    if not stamp.exists() or stamp.read_text() != (project / "pom.xml").read_text():
        home.mkdir(parents=True, exist_ok=True)
        goal = ["mvn", "-q", "-B", "-f", project / "pom.xml", "dependency:build-classpath", f"-Dmdep.outputFile={path}"]
        try:
            subprocess.run(goal, check=True, capture_output=True, timeout=PATIENCE)
        except (OSError, subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
            raise Missing(f"its jars could not be fetched ({type(error).__name__})") from error
        shutil.copy(project / "pom.xml", stamp)
    return [java(), "-Xss2m", "-cp", path.read_text().strip(), project / "Rival.java"]


def java():
    """The JDK that Tutti itself runs on."""
    script = f'java_tool=javac; . "{ROOT}/cli/src/main/dist/bin/find-java.sh"; find_java'
    found = subprocess.run(["sh", "-c", script], capture_output=True, text=True)
    if found.returncode:
        raise Missing("no JDK was found")
    return found.stdout.strip() + "/bin/java"
