"""The page at ``/`` and what it needs, from the folder ``web``."""

from __future__ import annotations

import hashlib
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

WEB = Path(__file__).parent / "web"

# Not from the mimetypes module, which asks the system, and systems differ.
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
    ".txt": "text/plain; charset=utf-8",
    ".csv": "text/csv; charset=utf-8",
}

# The page may load and ask this very service, nothing else; it may be framed by nobody.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'none'; base-uri 'none'; "
    "frame-ancestors 'none'"
)


async def page(request: Request) -> Response:
    """The page."""
    return _file(request, WEB / "index.html")


async def static(request: Request) -> Response:
    """A file that the page needs."""
    # Only what is found in the folder: a name cannot lead out of it.
    file = _files().get(f"/static/{request.path_params['path']}")
    if file is None:
        raise HTTPException(404)
    return _file(request, file)


routes = [Route("/", page), Route("/static/{path:path}", static)]


def paths() -> frozenset[str]:
    """The paths of the page and of all that it needs."""
    return frozenset({"/", *_files()})


def _files() -> dict[str, Path]:
    """The files by their paths."""
    files = (path for path in WEB.rglob("*") if path.suffix in TYPES)
    return {f"/static/{file.relative_to(WEB).as_posix()}": file for file in files}


def _file(request: Request, path: Path) -> Response:
    """A file; a browser that has it already, of these very bytes, gets 304."""
    kind = TYPES.get(path.suffix)
    if kind is None or not path.is_file():
        raise HTTPException(404)
    content = path.read_bytes()
    # By content: the files of an installed package may all have the same time.
    tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    headers = {
        "ETag": tag,
        "Cache-Control": "no-cache",
        "Content-Security-Policy": POLICY,
        "Referrer-Policy": "no-referrer",
    }
    known = request.headers.get("if-none-match", "").split(",")
    if not {tag, f"W/{tag}", "*"}.isdisjoint(part.strip() for part in known):
        return Response(status_code=304, headers=headers)
    return Response(content, headers=headers, media_type=kind)
