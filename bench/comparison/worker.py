"""A contestant's process, from this side: orders out, answers in, a limit on each, and nothing left behind."""

import atexit
import json
import os
import queue
import signal
import subprocess
import threading
from pathlib import Path

import environments
from environments import Missing
from places import WORK

LOAD_LIMIT = 300  # seconds
ANSWER_LIMIT = 240
_running = set()


def cores(count):
    """The first so many cores that this process may use, for taskset."""
    return ",".join(str(core) for core in sorted(os.sched_getaffinity(0))[:count])


def stop_all():
    for process in list(_running):
        end(process)


atexit.register(stop_all)


def start(command, threads, log, **more):
    """A process in a group of its own, so that its children end with it."""
    environment = os.environ | {
        "OMP_NUM_THREADS": str(threads),
        "TOKENIZERS_PARALLELISM": "false",
        "HF_HUB_OFFLINE": "1",
        "TRANSFORMERS_OFFLINE": "1",
        "RUST_BACKTRACE": "0",
    }
    environment |= more.pop("environment", {})
    with open(log, "w") as errors:
        process = subprocess.Popen(
            ["taskset", "-c", cores(threads), *map(str, command)],
            stderr=errors,
            env=environment,
            start_new_session=True,
            **more,
        )
    _running.add(process)
    return process


def end(process):
    _running.discard(process)
    for kind, patience in ((signal.SIGTERM, 10), (signal.SIGKILL, 10)):
        try:
            os.killpg(process.pid, kind)
        except ProcessLookupError:
            pass
        try:
            process.wait(patience)
            break
        except subprocess.TimeoutExpired:
            continue


def memory(process):
    """Megabytes that the process and its children had resident at most, and now."""
    peak = now = 0
    for one in family(process.pid):
        try:
            status = Path(f"/proc/{one}/status").read_text()
        except OSError:
            continue
        fields = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
        peak += int(fields.get("VmHWM", "0 kB").split()[0]) // 1000
        now += int(fields.get("VmRSS", "0 kB").split()[0]) // 1000
    return peak, now


def family(pid):
    found = [pid]
    try:
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                found += family(int(child))
    except OSError:
        pass
    return found


class Worker:
    def __init__(self, contestant, folder, threads, kind="embedding"):
        self.contestant = contestant
        if not Path(folder).exists():
            raise Missing(f"has no folder {Path(folder).name}")
        WORK.mkdir(parents=True, exist_ok=True)
        self.log = WORK / f"{contestant.key}.log"
        self.process = start(self.command(), threads, self.log, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        self.answers = queue.Queue()
        threading.Thread(target=self._listen, daemon=True).start()
        try:
            order = {"do": "load", "folder": str(folder), "precision": contestant.precision, "threads": threads, "kind": kind}
            self.loaded = self.ask(order, LOAD_LIMIT)
        except Missing:
            self.close()
            raise

    def command(self):
        if self.contestant.environment is None:
            return self.contestant.command
        if self.contestant.environment == "java":
            return environments.langchain4j()
        return (environments.python(self.contestant.environment), *self.contestant.command)

    def _listen(self):
        for line in self.process.stdout:
            self.answers.put(line)
        self.answers.put(None)

    def ask(self, order, limit=ANSWER_LIMIT):
        try:
            self.process.stdin.write(json.dumps(order) + "\n")
            self.process.stdin.flush()
            line = self.answers.get(timeout=limit)
        except queue.Empty:
            self.close()
            raise Missing(f"did not answer within {limit} s") from None
        except (BrokenPipeError, ValueError):
            line = None
        if line is None:
            raise Missing(f"{self.how_it_ended()}: {last_line(self.log)}")
        answer = json.loads(line)
        if "error" in answer:
            raise Missing(answer["error"])
        return answer

    def how_it_ended(self):
        try:
            code = self.process.wait(5)
        except subprocess.TimeoutExpired:
            return "went silent"
        return f"crashed ({signal.Signals(-code).name})" if code < 0 else f"ended with {code}"

    def close(self):
        if self.process.poll() is None:
            self.process.stdin.close()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                pass
        end(self.process)


def last_line(log):
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return (lines[-1] if lines else "without a word")[:200]
