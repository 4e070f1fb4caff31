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
}

# The page may load and ask this very service, nothing else; it may be framed by nobody.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'none'; base-uri 'none'; "
    "frame-ancestors 'none'"
)


# The files by their paths.
FILES = {
    "/": WEB / "index.html",
    **{f"/static/{file.name}": file for file in WEB.iterdir() if file.suffix in TYPES},
}


async def answer(request: Request) -> Response:
    """A file; a browser that has it already, of these very bytes, gets 304."""
    path = FILES.get(request.scope["path"])
    if path is None:
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
    return Response(content, headers=headers, media_type=TYPES[path.suffix])


routes = [Route("/", answer), Route("/static/{path:path}", answer)]
