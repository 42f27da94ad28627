"""A hub on this machine with the models of a folder (ORGANIZATION/NAME/FILES), in the protocol of the Hugging Face Hub."""

import hashlib
import json
import re
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import unquote

LARGE = 20_000  # from this size on, files have a SHA-256 for a name and lie behind a redirect


class Hub:
    def __init__(self, models: Path):
        self.models = models
        self.requests = []
        hub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                hub.answer(self)

            do_HEAD = do_GET

            def log_message(self, *arguments):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.endpoint = f"http://127.0.0.1:{self.server.server_port}"
        Thread(target=self.server.serve_forever, daemon=True).start()

    def files(self, name):
        folder = self.models / name
        return {str(path.relative_to(folder)): path for path in sorted(folder.rglob("*")) if path.is_file()}

    def commit(self, name):
        content = "".join(path + etag(file.read_bytes()) for path, file in self.files(name).items())
        return hashlib.sha1(content.encode()).hexdigest()

    def answer(self, request):
        path, _, query = unquote(request.path).partition("?")
        self.requests.append((request.command, path))
        if match := re.fullmatch(r"/api/models/([^/]+/[^/]+)(?:/revision/(.+))?", path):
            name = match[1]
            siblings = [{"rfilename": file} for file in self.files(name)]
            return send(request, json.dumps({"id": name, "sha": self.commit(name), "siblings": siblings}).encode())
        if match := re.fullmatch(r"/api/models/([^/]+/[^/]+)/tree/([^/]+)(?:/.*)?", path):
            return send(request, json.dumps([entry(file, path) for file, path in self.files(match[1]).items()]).encode())
        if match := re.fullmatch(r"/([^/]+/[^/]+)/resolve/([^/]+)/(.+)", path):
            name, commit, file = match.groups()
            content = self.files(name)[file].read_bytes() if file in self.files(name) else None
            if content is None:
                return send(request, b"", 404, {"X-Error-Code": "EntryNotFound", "X-Repo-Commit": self.commit(name)})
            if len(content) >= LARGE and query != "stored":
                return send(request, b"", 302, {
                    "Location": request.path + "?stored", "X-Repo-Commit": self.commit(name),
                    "X-Linked-Etag": f'"{etag(content)}"', "X-Linked-Size": str(len(content))})
            return send(request, content, 200, {"X-Repo-Commit": self.commit(name), "ETag": f'"{etag(content)}"'})
        return send(request, b"", 404, {"X-Error-Code": "RepoNotFound"})


def etag(content):
    if len(content) >= LARGE:
        return hashlib.sha256(content).hexdigest()
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def entry(file, path):
    content = path.read_bytes()
    found = {"type": "file", "path": file, "size": len(content), "oid": hashlib.sha1(content).hexdigest()}
    if len(content) >= LARGE:
        found["lfs"] = {"oid": etag(content), "size": len(content), "pointerSize": 130}
    else:
        found["oid"] = etag(content)
    return found


def send(request, content, status=200, headers=None):
    headers = {"Content-Length": str(len(content)), **(headers or {})}
    requested = re.fullmatch(r"bytes=(\d+)-", request.headers.get("Range", ""))
    if requested and status == 200:
        begin = int(requested[1])
        status, headers["Content-Range"] = 206, f"bytes {begin}-{len(content) - 1}/{len(content)}"
        content = content[begin:]
        headers["Content-Length"] = str(len(content))
    request.send_response(status)
    for name, value in headers.items():
        request.send_header(name, value)
    request.end_headers()
    if request.command == "GET":
        request.wfile.write(content)
