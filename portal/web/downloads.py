"""What a browser saves instead of showing it."""

from collections.abc import Iterator

from flask import Response


def saved(content: bytes | Iterator[bytes], name: str, media_type: str) -> Response:
    """`content` to be saved as `name`, plain ASCII; pieces go out as they are made."""
    answer = Response(content, content_type=media_type, direct_passthrough=not isinstance(content, bytes))
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
