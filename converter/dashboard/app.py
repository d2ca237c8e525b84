"""The dashboard's HTTP application: who looks is decided here, once, before any view."""

from __future__ import annotations

import asyncio
import logging
import secrets
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlsplit

import msgspec
from aiohttp import web

from converter.client import ApiError
from converter.dashboard import fleet_view, live_view, objects_view, plan_view, playground_view, rules_view
from converter.dashboard.assets import ASSETS, render
from converter.dashboard.live import CLUSTER, TooManyStreamsError
from converter.dashboard.look import Look, NotFoundHereError
from converter.dashboard.sessions import COOKIE, TokenTooLongError, matches

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from converter.dashboard.access import Access
    from converter.dashboard.live import Happening
    from converter.dashboard.sessions import Session, Sessions
    from converter.dashboard.store import FleetStore

_log = logging.getLogger(__name__)

HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}

_FORM_LIMIT: Final = 512 << 10
_HEARTBEAT_SECONDS: Final = 15.0
_SESSION: Final = web.RequestKey("session", object)
_LOOK: Final = web.RequestKey("look", object)


class Dashboard:
    """Serves the views.

    Attributes:
        draining: set when the server is about to stop.
        in_flight: how many requests are being answered, without event streams.
    """

    def __init__(self, store: FleetStore, access: Access, sessions: Sessions, *, secure: bool) -> None:
        """Prepare.

        Args:
            store: what is shown.
            access: who sees what.
            sessions: makes and reads cookies.
            secure: whether browsers reach the dashboard over TLS only, so that cookies are never sent otherwise.
        """
        self._store = store
        self._access = access
        self._sessions = sessions
        self._secure = secure
        self.draining = False
        self.in_flight = 0
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        """Prepare to serve, inside the event loop that will."""
        self._runner = web.AppRunner(self.application(), access_log=None)
        await self._runner.setup()

    async def close(self) -> None:
        """Undo `start`."""
        if self._runner is not None:
            await self._runner.cleanup()

    def server(self) -> web.Server:
        """Return the server of aiohttp; call `start` first."""
        assert self._runner is not None
        assert self._runner.server is not None
        return self._runner.server

    def application(self) -> web.Application:
        """Make the application of aiohttp."""
        app = web.Application(client_max_size=_FORM_LIMIT, middlewares=[self._guard])
        get, post = app.router.add_get, app.router.add_post
        get("/", self._fleet)
        get("/matrix", self._matrix)
        get("/matrix/cell", self._cell)
        get("/objects", self._objects)
        get("/objects/{namespace}/{work}/{position}", self._object)
        get("/live", self._live)
        get("/live/events", self._stream)
        get("/what-if", self._what_if)
        get("/playground", self._playground)
        post("/playground", self._playground)
        get("/rules", self._rules)
        get("/rules/{kind}", self._rules_of)
        get("/login", self._login_page)
        post("/login", self._login)
        post("/logout", self._logout)
        get("/static/{name}", self._static)
        return app

    @web.middleware
    async def _guard(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        """Let only those pass who may look, and turn errors into pages."""
        counted = request.path != "/live/events"
        self.in_flight += counted
        try:
            response = await self._passed(request, handler)
        except NotFoundHereError as error:
            response = _page(request, "problem.html", {"problem": str(error)}, HTTPStatus.NOT_FOUND)
        except ApiError as error:
            _log.warning("Karmada did not answer", extra={"why": str(error)})
            text = "Karmada's API server did not answer, so that your rights are not known. Try again."
            response = _page(request, "problem.html", {"problem": text}, HTTPStatus.BAD_GATEWAY)
        except web.HTTPException as error:
            if error.status < HTTPStatus.BAD_REQUEST:
                raise
            response = _page(request, "problem.html", {"problem": error.reason}, HTTPStatus(error.status))
        except Exception:  # noqa: BLE001  a bug must not show its text
            incident = secrets.token_hex(6)
            _log.exception("internal error", extra={"path": request.path, "incident": incident})
            text = f"internal error {incident}; find this id in the log of the dashboard"
            response = _page(request, "problem.html", {"problem": text}, HTTPStatus.INTERNAL_SERVER_ERROR)
        finally:
            self.in_flight -= counted
        if not response.prepared:
            response.headers.update(HEADERS)
        return response

    async def _passed(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        if request.match_info.http_exception is not None:
            raise request.match_info.http_exception
        if request.method not in {"GET", "HEAD"} and not _is_same_origin(request):
            raise web.HTTPForbidden(reason="the form was sent from another site")
        if handler in self._open():
            return await handler(request)
        session = self._sessions.read(request.cookies.get(COOKIE))
        request[_SESSION] = session
        kind, _, sent = request.headers.get("Authorization", "").partition(" ")
        token = sent.strip() if kind.lower() == "bearer" else (session.token if session is not None else "")
        viewer = await self._access.viewer(token) if token else self._access.anonymous
        if viewer is None:
            if request.method == "GET" and "text/html" in request.headers.get("Accept", ""):
                raise web.HTTPSeeOther("/login?next=" + quote(request.path_qs, safe=""), headers=HEADERS)
            raise web.HTTPUnauthorized(reason="send a token of Karmada, or log in at /login")
        if request.method == "POST" and not kind and not matches(session, str((await request.post()).get("csrf", ""))):
            raise web.HTTPForbidden(reason="the form is too old; load the page again")
        sight = await self._access.sight(viewer, self._store.namespaces)
        request[_LOOK] = Look(self._store, viewer, sight, session.csrf if session is not None else "")
        return await handler(request)

    def _open(self) -> tuple[object, ...]:
        """List the handlers that need no viewer."""
        return (self._login_page, self._login, self._static)

    async def _fleet(self, request: web.Request) -> web.Response:
        return _view(request, "fleet.html", fleet_view.fleet(_look(request), request.query))

    async def _matrix(self, request: web.Request) -> web.Response:
        return _view(request, "matrix.html", fleet_view.matrix(_look(request), request.query))

    async def _cell(self, request: web.Request) -> web.Response:
        found = fleet_view.explain_cell(_look(request), request.query)
        return _view(request, "cell.html", {**found, "partial": "HX-Request" in request.headers})

    async def _objects(self, request: web.Request) -> web.Response:
        found = objects_view.objects(_look(request), request.query)
        return _view(request, "objects.html", {**found, "partial": "HX-Request" in request.headers})

    async def _object(self, request: web.Request) -> web.Response:
        parts = request.match_info
        found = objects_view.one_object(_look(request), parts["namespace"], parts["work"], parts["position"])
        return _view(request, "object.html", found)

    async def _what_if(self, request: web.Request) -> web.Response:
        return _view(request, "what_if.html", await plan_view.what_if(_look(request), request.query))

    async def _playground(self, request: web.Request) -> web.Response:
        form: Mapping[str, Any] = await request.post() if request.method == "POST" else request.query
        given = {key: value for key, value in form.items() if isinstance(value, str)}
        return _view(request, "playground.html", await playground_view.playground(_look(request), given))

    async def _rules(self, request: web.Request) -> web.Response:
        return _view(request, "rules.html", rules_view.rules(_look(request)))

    async def _rules_of(self, request: web.Request) -> web.Response:
        return _view(request, "rule.html", rules_view.rules_of(_look(request), request.match_info["kind"]))

    async def _live(self, request: web.Request) -> web.Response:
        return _view(request, "live.html", live_view.live(_look(request)))

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        """Send happenings as server-sent events; rights are asked for again and again, since a stream lasts long."""
        look = _look(request)
        response = web.StreamResponse(
            headers={**HEADERS, "Content-Type": "text/event-stream", "Cache-Control": "no-store"}
        )
        try:
            with self._store.live.following() as stream:
                await response.prepare(request)
                await response.write(b"retry: 2000\n\n")
                last = request.headers.get("Last-Event-ID", "")
                missed = [item for item in self._store.live.latest if last.isdecimal() and item.number > int(last)]
                for item in missed:
                    await _send(response, look, item)
                while True:
                    try:
                        async with asyncio.timeout(_HEARTBEAT_SECONDS):
                            item = await stream.get()
                    except TimeoutError:
                        await response.write(b": alive\n\n")
                        continue
                    look = await self._again(request, look, item)
                    await _send(response, look, item)
        except TooManyStreamsError:
            raise web.HTTPServiceUnavailable(reason="too many viewers follow; load the page again later") from None
        except (ConnectionError, _LoggedOutError):
            return response

    async def _again(self, request: web.Request, look: Look, item: Happening) -> Look:
        """Ask for the viewer's rights again; answers are remembered for a short time."""
        session: Session | None = request[_SESSION]  # type: ignore[assignment]
        kind, _, sent = request.headers.get("Authorization", "").partition(" ")
        token = sent.strip() if kind.lower() == "bearer" else (session.token if session is not None else "")
        viewer = await self._access.viewer(token) if token else self._access.anonymous
        if viewer is None:
            raise _LoggedOutError
        asked = self._store.namespaces if item.kind == CLUSTER else {*(item.scope or ())}
        sight = await self._access.sight(viewer, asked)
        return Look(look.store, viewer, sight, look.csrf)

    async def _login_page(self, request: web.Request) -> web.Response:
        return _page(request, "login.html", {"next": _inside(request.query.get("next", "/")), "problem": ""})

    async def _login(self, request: web.Request) -> web.Response:
        form = await request.post()
        token, after = str(form.get("token", "")).strip(), _inside(str(form.get("next", "/")))
        viewer = await self._access.viewer(token) if token else None
        if viewer is None:
            shown = {"next": after, "problem": "Karmada does not accept this token."}
            return _page(request, "login.html", shown, HTTPStatus.UNAUTHORIZED)
        response = web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": after})
        try:
            self._sessions.start(response, token, secure=self._secure)
        except TokenTooLongError as error:
            return _page(request, "login.html", {"next": after, "problem": str(error)}, HTTPStatus.BAD_REQUEST)
        return response

    async def _logout(self, _request: web.Request) -> web.Response:
        response = web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": "/login"})
        self._sessions.end(response, secure=self._secure)
        return response

    async def _static(self, request: web.Request) -> web.Response:
        asset = ASSETS.get(request.match_info["name"])
        if asset is None:
            raise web.HTTPNotFound(reason="the file does not exist")
        response = web.Response(body=asset.content, headers={"Content-Type": asset.kind, "ETag": f'"{asset.digest}"'})
        response.headers["Cache-Control"] = "no-cache"
        if request.headers.get("If-None-Match") == f'"{asset.digest}"':
            return web.Response(status=HTTPStatus.NOT_MODIFIED)
        response.enable_compression()
        return response


class _LoggedOutError(Exception):
    """The token of a stream is not accepted any more."""


def _look(request: web.Request) -> Look:
    look = request[_LOOK]
    assert isinstance(look, Look)
    return look


def _view(request: web.Request, template: str, found: Mapping[str, Any]) -> web.Response:
    look = _look(request)
    return _page(request, template, {**found, "viewer": look.viewer, "csrf": look.csrf, "path": request.path})


def _page(
    request: web.Request, template: str, found: Mapping[str, Any], status: HTTPStatus = HTTPStatus.OK
) -> web.Response:
    body = render(template, {"partial": False, "viewer": None, "csrf": "", "path": request.path, **found})
    headers = {"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store", **HEADERS}
    response = web.Response(body=body.encode(), status=status, headers=headers)
    response.enable_compression()
    return response


async def _send(response: web.StreamResponse, look: Look, item: Happening) -> None:
    if look.happens(item):
        await response.write(b"id: %d\ndata: %b\n\n" % (item.number, msgspec.json.encode(item)))


def _is_same_origin(request: web.Request) -> bool:
    """Whether a form was sent from a page of this server; only browsers send these headers."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in {"same-origin", "none"}
    origin = request.headers.get("Origin")
    return origin is None or (bool(request.host) and urlsplit(origin).netloc == request.host)


def _inside(path: str) -> str:
    """Return a path of this server; another site, to which a link may lead, becomes the first page."""
    parts = urlsplit(path.replace("\\", "/"))
    inside = path.startswith("/") and not path.startswith("//") and not parts.scheme and not parts.netloc
    return path if inside and path.isprintable() and "\\" not in path else "/"
