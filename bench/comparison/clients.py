"""The load on a server: Tutti's bench commands send it, the same to everyone."""

import json
import queue
import subprocess
import threading

import worker
from environments import Missing
from places import RUN, WORK

LIMIT = 400  # seconds beyond the time that a job was given


class Clients:
    """A process that stays, so that its code is warm when the first server is measured."""

    def __init__(self):
        WORK.mkdir(parents=True, exist_ok=True)
        cores = len(worker.cores(64).split(","))
        self.process = worker.start(
            [RUN, "load"], cores, WORK / "clients.log", stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )
        self.answers = queue.Queue()
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        for line in self.process.stdout:
            self.answers.put(line)
        self.answers.put(None)

    def run(self, *jobs):
        """What each job found. A job: port, path, file, clients, seconds, and after, limit and patience where
        they matter; with patience it need not be answered."""
        self.process.stdin.write(json.dumps({"jobs": jobs}) + "\n")
        self.process.stdin.flush()
        try:
            line = self.answers.get(timeout=max(job["seconds"] + job.get("after", 0) for job in jobs) + LIMIT)
        except queue.Empty:
            self.close()
            raise Missing("did not answer in time") from None
        if line is None:
            raise SystemExit(f"the clients ended: {worker.last_line(WORK / 'clients.log')}")
        found = json.loads(line)["jobs"]
        for job, one in zip(jobs, found):
            if not one["requests"] and "patience" not in job:
                raise Missing(f"answered no request: {one['why']}")
        return found

    def close(self):
        worker.end(self.process)


def bodies(name, many):
    """A file of request bodies, one a line."""
    file = WORK / f"{name}.bodies"
    file.write_text("".join(json.dumps(body) + "\n" for body in many))
    return str(file)
