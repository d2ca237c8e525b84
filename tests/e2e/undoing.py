"""A webhook of somebody else that takes every conversion back."""

from __future__ import annotations

import base64
import contextlib
import http.server
import json
import ssl
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.controlplanes.fleet import Fleet


@contextlib.contextmanager
def undoing(fleet: Fleet) -> Iterator[str]:
    """Serve it, and give its URL: it puts each manifest back into the version that it was sent in."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            review = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            work = review["request"]["object"]
            sources = json.loads(
                (work["metadata"].get("annotations") or {}).get("apiconverter.dev/source-versions", "[]")
            )
            patch = [
                {"op": "replace", "path": f"/spec/workload/manifests/{index}/apiVersion", "value": entry["from"]}
                for index, entry in enumerate(sources)
                if entry
            ]
            if patch:
                patch.append({"op": "remove", "path": "/metadata/labels/apiconverter.dev~1converted"})
                patch.append({"op": "remove", "path": "/metadata/annotations/apiconverter.dev~1source-versions"})
            response = {"uid": review["request"]["uid"], "allowed": True}
            if patch:
                response |= {"patchType": "JSONPatch", "patch": base64.b64encode(json.dumps(patch).encode()).decode()}
            body = json.dumps({**review, "response": response}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    port = fleet.world.ports.take()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    pair = fleet.world.pki.server
    context.load_cert_chain(pair.certificate, pair.key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"https://127.0.0.1:{port}/undo"
    server.shutdown()
    thread.join()
    server.server_close()
