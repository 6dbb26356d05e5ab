"""File names as text. A name on disk is bytes, and not always UTF-8: FTP uploads from older devices carry GBK."""

from __future__ import annotations

import re

_UNDECODED = re.compile(r"[^/\s]*[\ud800-\udfff][^/\s]*")


def readable(text: str) -> str:
    r"""Return ``text`` as valid UTF-8: names Python could not decode as GBK, else with replacement characters.

    Python keeps bytes that are no UTF-8 as lone surrogates (PEP 383), which open the file but can be neither stored,
    sent nor printed. Use the result for showing only. Works on a name, a path and a sentence that quotes one.

    >>> readable("drop/" + b"\xb3\xb5\xc1\xbe.jpg".decode("utf-8", "surrogateescape"))
    'drop/车辆.jpg'
    """
    return _UNDECODED.sub(lambda found: _decoded(found[0]), text)


def _decoded(word: str) -> str:
    try:
        data = word.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # a surrogate that stands for no byte
        return word.encode("utf-8", "replace").decode("utf-8")
    try:
        return data.decode("gbk")
    except UnicodeDecodeError:
        return data.decode("utf-8", "replace")
