"""Whatever the files hold, loading gives a configuration or mistakes, never another exception."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from configs.loading import load_configuration
from configs.mistakes import ConfigError

KEYS = st.sampled_from(
    [
        "feeds",
        "id",
        "url",
        "password",
        "zones",
        "polygon",
        "matters",
        "name",
        "place",
        "lon",
        "datum",
        "patrol",
        "city",
        "calibration",
        "points",
        "picture",
        "track",
        "file",
        "kind",
        "http",
        "port",
        "model",
        "database",
        "ledger",
        "bus",
        "processes",
        "<<",
        "rule",
        "key",
    ]
)
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=12),
    st.sampled_from(["wgs84", "${X}", "${", "camera", "rtsp://h/1", "vehicle", "07:00-22:00", "feeds.yaml", "."]),
)
TREES = st.recursive(
    LEAVES, lambda part: st.one_of(st.lists(part, max_size=4), st.dictionaries(KEYS, part, max_size=5)), max_leaves=25
)
PLACES = st.sampled_from(["gridpatrol", "feeds", "ours"])


def tried(folder: Path, name: str, content: bytes) -> None:
    """Load a configuration whose file ``name`` holds ``content``; raise whatever is not a mistake."""
    files = {"gridpatrol": b"matters: ours.yaml\n", "feeds": b"feeds: []\n", "ours": b"matters: []\n", name: content}
    for stem, data in files.items():
        (folder / f"{stem}.yaml").write_bytes(data)
    with suppress(ConfigError):
        load_configuration(folder, environ={})


def as_yaml(tree: object) -> bytes:
    """Return a tree as YAML in flow form."""
    if isinstance(tree, dict):
        return b"{" + b", ".join(key.encode() + b": " + as_yaml(value) for key, value in tree.items()) + b"}"
    if isinstance(tree, list):
        return b"[" + b", ".join(map(as_yaml, tree)) + b"]"
    if isinstance(tree, str):
        return b"'" + tree.replace("'", "''").encode("utf-8", "surrogatepass") + b"'"
    return str(tree).encode()


@settings(max_examples=150, deadline=None)
@given(name=PLACES, content=st.binary(max_size=200))
def test_no_bytes_raise_anything_but_mistakes(tmp_path_factory, name, content):
    """Whatever bytes a file holds, the answer is a configuration or a list of mistakes."""
    tried(tmp_path_factory.mktemp("bytes"), name, content)


@settings(max_examples=150, deadline=None)
@given(name=PLACES, content=st.text(alphabet="ab:-[]{}'\"&*!|>%@`#?, \n\t0.~<", max_size=80))
def test_no_yaml_like_text_raises_anything_but_mistakes(tmp_path_factory, name, content):
    """Half-written YAML gives mistakes, never an exception of the parser."""
    tried(tmp_path_factory.mktemp("text"), name, content.encode())


@settings(max_examples=300, deadline=None)
@given(name=PLACES, tree=st.dictionaries(KEYS, TREES, max_size=5))
def test_no_tree_raises_anything_but_mistakes(tmp_path_factory, name, tree):
    """Known keys with values of any kind in any place give mistakes, never an exception of the schema."""
    tried(tmp_path_factory.mktemp("tree"), name, as_yaml(tree))
