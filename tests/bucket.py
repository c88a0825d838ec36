"""A bucket on loopback that speaks as much S3 as pictures need, and is as strict as COS."""

import hashlib
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

NAME, KEY_ID, SECRET = "kaifan", "an-id", "a-secret"


class Objects(ThreadingHTTPServer):
    """``objects``: name → (content, headers); ``asked``: the methods and names in their order."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Answer)
        self.objects, self.asked = {}, []
        self.address = f"http://127.0.0.1:{self.server_port}"


class Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def handle_object(self):
        name = self.path.removeprefix(f"/{NAME}/")
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.asked.append(f"{self.command} {name}")
        if fault := self.fault(content):
            return self.say(*fault)
        if self.command == "PUT":
            self.server.objects[name] = (content, dict(self.headers))
        elif self.command == "DELETE":
            self.server.objects.pop(name, None)
            return self.say(204)
        elif name not in self.server.objects:
            return self.say(404)
        return self.say(200, b"" if self.command == "PUT" else self.server.objects[name][0])

    do_PUT = do_GET = do_HEAD = do_DELETE = handle_object

    def fault(self, content):
        """Unsigned, signed by another, for another bucket, or with what COS does not understand."""
        signed = self.headers.get("Authorization", "")
        if not signed.startswith(f"AWS4-HMAC-SHA256 Credential={KEY_ID}/"):
            return 403, b"<Error><Code>AccessDenied</Code></Error>"
        if not self.path.startswith(f"/{NAME}/"):
            return 404, b"<Error><Code>NoSuchBucket</Code></Error>"
        unknown = ("x-amz-checksum", "x-amz-trailer")
        extra = [name for name in self.headers if name.lower().startswith(unknown)]
        if extra or self.headers["x-amz-content-sha256"] != hashlib.sha256(content).hexdigest():
            return 400, b"<Error><Code>InvalidArgument</Code></Error>"
        return None

    def say(self, status, content=b""):
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, *said):
        """Quiet."""


@contextmanager
def served():
    """A bucket as long as the block."""
    with Objects() as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield server
        server.shutdown()


def storages(address, **changes):
    """Django's STORAGES of a bucket there."""
    options = {
        "bucket_name": NAME, "endpoint_url": address, "region_name": "ap-shanghai", "access_key": KEY_ID,
        "secret_key": SECRET, "public_url": "https://img.example.com/menu", "addressing": "path",
    }  # fmt: skip
    backend = {"BACKEND": "hub.buckets.Bucket", "OPTIONS": {**options, **changes}}
    static = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    return {"default": backend, "staticfiles": static}
