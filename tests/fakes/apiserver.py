"""An API server in memory: resource versions, preconditions, watches, admission webhooks, garbage collection.

It is not an oracle for Kubernetes; the end-to-end tests run the real one. It makes every interleaving cheap to try.
"""

import asyncio
import base64
import copy
import itertools
import uuid
from typing import TYPE_CHECKING

import jsonpatch
import msgspec

from converter.client.clock import utc_now
from converter.client.errors import error_for
from tests.fakes.requests import is_in, is_selected, merge, split_path

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.fakes.webhook import Webhook

COLLECTIONS = {
    "works",
    "clusters",
    "resourcebindings",
    "clusterresourcebindings",
    "controllerrevisions",
    "events",
    "resourceinterpretercustomizations",
    "resourceinterpreterwebhookconfigurations",
    "validatingadmissionpolicies",
    "validatingadmissionpolicybindings",
}


class CrashError(BaseException):
    """The process under test was killed just after (or before) one of its writes."""


class FakeApiServer:
    """Stores objects by path; its methods are those of `converter.client.ApiServer`."""

    def __init__(self) -> None:
        self.objects: dict[str, dict] = {}
        self.collections = set(COLLECTIONS)
        self.versions = itertools.count(1)
        self.writes: list[str] = []
        self.reads: list[str] = []
        self.webhooks: list[Webhook] = []
        self.watchers: list[tuple[str, dict, asyncio.Queue]] = []
        self.history: list[tuple[int, str, dict]] = []
        self.crash_after: int | None = None
        self.on_change: Callable[[], None] = lambda: None
        self.wall_clock = utc_now
        self.validate: Callable[[str, dict, dict | None], None] = lambda _path, _new, _old: None
        self.fail: Callable[[str, str], tuple[int, str] | None] = lambda _method, _path: None

    def stand_for(self, uid, *, karmada=False):
        """Tell apart from other API servers, as the namespace kube-system does; and be Karmada's."""
        self.objects["/api/v1/namespaces/kube-system"] = {"metadata": {"name": "kube-system", "uid": uid}}
        if karmada:
            self.objects["/apis/work.karmada.io/v1alpha1"] = {"resources": []}

    # --- the interface of ApiServer -------------------------------------------------------------------------

    async def get(self, path, params=None, *, metadata_only=False):
        await asyncio.sleep(0)
        self.reads.append(path)
        self._maybe_fail("GET", path)
        if path in self.objects:
            return msgspec.json.encode(self.objects[path])
        if path.rsplit("/", 1)[-1] in self.collections:
            items = [
                thing for at, thing in self.objects.items() if is_in(at, path) and is_selected(thing, params or {})
            ]
            start, limit = int((params or {}).get("continue") or 0), int((params or {}).get("limit") or 0)
            page = items[start : start + limit] if limit else items
            page = [{"metadata": thing["metadata"]} for thing in page] if metadata_only else page
            more = str(start + limit) if limit and start + limit < len(items) else ""
            meta = {"resourceVersion": str(self.version()), **({"continue": more} if more else {})}
            return msgspec.json.encode({"metadata": meta, "items": page})
        raise self._error("GET", path, 404, "NotFound")

    async def clock(self):
        return self.wall_clock()

    async def create(self, path, body):
        path, _, query = path.partition("?")
        await self._before("POST", path)
        name = body["metadata"].get("name") or body["metadata"]["generateName"] + uuid.uuid4().hex[:5]
        at = f"{path}/{name}"
        if at in self.objects:
            raise self._error("POST", path, 409, "AlreadyExists")
        thing = copy.deepcopy(body)
        thing["metadata"] |= {"name": name, "uid": str(uuid.uuid4()), "generation": 1}
        if "/namespaces/" in path:
            thing["metadata"]["namespace"] = path.split("/namespaces/")[1].split("/")[0]
        thing.pop("status", None)
        if query == "dryRun=All":
            return msgspec.json.encode(self._admit(at, thing, None))
        return self._after("POST", at, self._store(at, self._admit(at, thing, None), "ADDED"))

    async def patch(self, path, body, content_type="application/merge-patch+json"):
        if content_type == "application/apply-patch+yaml":
            place, _, query = path.partition("?")
            return await self._apply(place, body, dry_run="dryRun=All" in query)
        if content_type == "application/json-patch+json":
            return await self._json_patch(path, body)
        assert content_type == "application/merge-patch+json"
        await self._before("PATCH", path)
        path, _, query = path.partition("?")
        status = path.endswith("/status")
        at = path.removesuffix("/status")
        old = self._find("PATCH", at)
        meta = body.get("metadata", {})
        if meta.get("uid", old["metadata"]["uid"]) != old["metadata"]["uid"]:
            raise self._error("PATCH", path, 409, "Conflict")
        if meta.get("resourceVersion", old["metadata"]["resourceVersion"]) != old["metadata"]["resourceVersion"]:
            raise self._error("PATCH", path, 409, "Conflict")
        new = merge(copy.deepcopy(old), body)
        if status:
            new = self._admit(path, {**copy.deepcopy(old), "status": new.get("status")}, old)
        else:
            if "status" in old:
                new["status"] = copy.deepcopy(old["status"])
            new = self._admit(at, new, old)
        if query == "dryRun=All":
            return msgspec.json.encode(new)
        return self._after("PATCH", path, self._update(at, old, new))

    async def _json_patch(self, path, operations):
        """JSON Patch of a status."""
        await self._before("PATCH", path)
        at = path.removesuffix("/status")
        assert path != at
        old = self._find("PATCH", at)
        try:
            patched = jsonpatch.apply_patch(old, operations)
        except jsonpatch.JsonPatchTestFailed:
            raise self._error("PATCH", path, 422, "Invalid") from None
        return self._after("PATCH", path, self._update(at, old, {**copy.deepcopy(old), "status": patched["status"]}))

    async def _apply(self, path, body, *, dry_run):
        """Server-side apply by the only manager of an object."""
        await self._before("PATCH", path)
        old = self.objects.get(path)
        if old is None:
            thing = copy.deepcopy(body)
            thing["metadata"] |= {"uid": str(uuid.uuid4()), "generation": 1}
            thing = self._admit(path, thing, None)
            return (
                msgspec.json.encode(thing) if dry_run else self._after("PATCH", path, self._store(path, thing, "ADDED"))
            )
        new = copy.deepcopy({**old, **body, "metadata": {**old["metadata"], **body["metadata"]}})
        new = self._admit(path, new, old)
        return msgspec.json.encode(new) if dry_run else self._after("PATCH", path, self._update(path, old, new))

    async def replace(self, path, body):
        await self._before("PUT", path)
        old = self._find("PUT", path)
        if (
            body["metadata"].get("resourceVersion", old["metadata"]["resourceVersion"])
            != old["metadata"]["resourceVersion"]
        ):
            raise self._error("PUT", path, 409, "Conflict")
        return self._after("PUT", path, self._update(path, old, self._admit(path, copy.deepcopy(body), old)))

    async def delete(self, path, *, uid, version=""):
        await self._before("DELETE", path)
        old = self._find("DELETE", path)
        if old["metadata"]["uid"] != uid or version not in {"", old["metadata"]["resourceVersion"]}:
            raise self._error("DELETE", path, 409, "Conflict")
        self.remove(path)
        self._after("DELETE", path, b"")

    async def watch(self, path, params, idle, *, metadata_only=False):  # noqa: ARG002 -- the interface's own
        queue: asyncio.Queue = asyncio.Queue()
        since = int(params["resourceVersion"])
        watcher = (path, {**params, "metadata_only": metadata_only}, queue)
        for version, at, event in self.history:
            if version > since and is_in(at, path):
                self._feed(watcher, event)
        self.watchers.append(watcher)
        try:
            while (line := await queue.get()) is not None:
                yield line
        finally:
            self.watchers.remove(watcher)

    # --- what a test does from outside ----------------------------------------------------------------------

    def version(self):
        return next(self.versions)

    def apply(self, path, change):
        """Change an object, or its status, as another client does; admission included."""
        at = path.removesuffix("/status")
        old = self.objects[at]
        new = copy.deepcopy(old)
        change(new)
        self._update(at, old, self._admit(path, new, old))

    def remove(self, path):
        """Delete an object: at once, or where it has finalizers by a deletion timestamp."""
        old = self.objects[path]
        if old["metadata"].get("finalizers"):
            new = copy.deepcopy(old)
            new["metadata"].setdefault("deletionTimestamp", "2026-01-01T00:00:00Z")
            self._update(path, old, new)
            return
        del self.objects[path]
        gone = copy.deepcopy(old)
        gone["metadata"]["resourceVersion"] = str(self.version())
        self._emit(path, "DELETED", gone, old)

    def put(self, path, thing):
        """Create an object as another client does; admission included."""
        thing = copy.deepcopy(thing)
        thing["metadata"] |= {"uid": str(uuid.uuid4()), "generation": 1}
        self._store(path, self._admit(path, thing, None), "ADDED")

    def collect_garbage(self):
        """Do what the garbage collector does: delete what is owned only by what is gone."""
        uids = {thing["metadata"]["uid"] for thing in self.objects.values()}
        for path, thing in list(self.objects.items()):
            owners = thing["metadata"].get("ownerReferences") or []
            if owners and not any(owner["uid"] in uids for owner in owners):
                self.remove(path)

    def end_watches(self):
        for _, _, queue in self.watchers:
            queue.put_nowait(None)

    def forget_history(self):
        """Make every running watch expire."""
        self.history.clear()
        for _, _, queue in self.watchers:
            status = {"kind": "Status", "code": 410, "reason": "Expired", "message": "too old resource version"}
            queue.put_nowait(msgspec.json.encode({"type": "ERROR", "object": status}))

    # --- inside ----------------------------------------------------------------------------------------------

    def _admit(self, path, new, old):
        """Ask the webhooks, as the API server does: reviews in, JSON Patches out."""
        resource, namespace, name, subresource = split_path(path)
        asked = f"{resource}/{subresource}" if subresource else resource
        for webhook in self.webhooks:  # may be empty
            if asked not in webhook.resources or not webhook.matches(new, old):
                continue
            request = {
                "uid": str(uuid.uuid4()),
                "operation": "CREATE" if old is None else "UPDATE",
                "namespace": namespace,
                "name": name,
                "subResource": subresource,
                "object": new,
                "oldObject": old,
            }
            review = {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request}
            response = msgspec.json.decode(webhook.answer(msgspec.json.encode(review)))["response"]
            assert response["uid"] == request["uid"]
            if not response["allowed"]:
                message = f'admission webhook "{webhook.name}" denied the request: {response["status"]["message"]}'
                raise self._error(request["operation"], path, response["status"]["code"], "Invalid", message)
            if "patch" in response:
                new = jsonpatch.apply_patch(new, msgspec.json.decode(base64.b64decode(response["patch"])))
        self.validate(path, new, old)
        return new

    def _find(self, method, path):
        if path not in self.objects:
            raise self._error(method, path, 404, "NotFound")
        return self.objects[path]

    def _store(self, path, thing, event, old=None):
        thing["metadata"]["resourceVersion"] = str(self.version())
        self.objects[path] = thing
        self._emit(path, event, thing, old)
        return msgspec.json.encode(thing)

    def _update(self, path, old, new):
        new["metadata"]["resourceVersion"] = old["metadata"]["resourceVersion"]
        if new == old:
            return msgspec.json.encode(old)
        if new.get("spec") != old.get("spec"):
            new["metadata"]["generation"] = old["metadata"]["generation"] + 1
        if new["metadata"].get("deletionTimestamp") and not new["metadata"].get("finalizers"):
            self.objects[path] = new
            del self.objects[path]
            new["metadata"]["resourceVersion"] = str(self.version())
            self._emit(path, "DELETED", new, old)
            return msgspec.json.encode(new)
        return self._store(path, new, "MODIFIED", old)

    def _emit(self, path, event, thing, old):
        record = {"type": event, "object": copy.deepcopy(thing), "old": old}
        self.history.append((int(thing["metadata"]["resourceVersion"]), path, record))
        for watcher in list(self.watchers):
            if is_in(path, watcher[0]):
                self._feed(watcher, record)
        self.on_change()

    def _feed(self, watcher, record):
        _, params, queue = watcher
        now = record["type"] != "DELETED" and is_selected(record["object"], params)
        before = record["old"] is not None and is_selected(record["old"], params)
        kind = ("MODIFIED" if before else "ADDED") if now else "DELETED" if before else None
        if kind:
            thing = record["object"]
            thing = {"metadata": thing["metadata"]} if params.get("metadata_only") else thing
            queue.put_nowait(msgspec.json.encode({"type": kind, "object": thing}))

    async def _before(self, method, path):
        await asyncio.sleep(0)
        self._maybe_fail(method, path)

    def _after(self, method, path, answer):
        self.writes.append(f"{method} {path}")
        if self.crash_after is not None and len(self.writes) >= self.crash_after:
            raise CrashError
        return answer

    def _maybe_fail(self, method, path):
        failure = self.fail(method, path)
        if failure:
            raise self._error(method, path, *failure)

    @staticmethod
    def refusal(path, message):
        """The error by which a ValidatingAdmissionPolicy refuses a write."""
        return FakeApiServer._error("UPDATE", path, 403, "Forbidden", message)

    @staticmethod
    def _error(method, path, status, reason, message=""):
        body = msgspec.json.encode({"kind": "Status", "reason": reason, "message": message or reason, "code": status})
        return error_for(f"{method} {path}", status, body)
