"""What is no YAML is told in words, not as a parser says it."""

from __future__ import annotations

import pytest

YAML = [
    ("empty", "# nothing\n", ["the file is empty; write key: value lines, or remove the file"]),
    ("a list", "- a\n- b\n", [":1: the top level is not a mapping; write key: value lines"]),
    ("text", "hello\n", [":1: the top level is not a mapping; write key: value lines"]),
    ("not UTF-8", "city:\n  name: 渝中\n".encode("gb18030"), [":2: the text is not UTF-8; save the file as UTF-8"]),
    ("a control character", "city:\n  name: a\x07\n", [":2: the file holds the control character U+0007; remove it"]),
    ("a tab", "city:\n\tname: a\n", [":2: a tab indents this line (line 2, column 1); indent with spaces"]),
    (
        "an open bracket",
        "version: 1\nfeeds: [a, b\ndemo: false\n",
        [":2: a list in [ ] is not closed or lacks a comma (line 2, column 8); close it with ]"],
    ),
    (
        "an open brace",
        "city: {name: a\n",
        [":1: a mapping in { } is not closed or lacks a comma (line 1, column 7); close it with }"],
    ),
    (
        "an open quote",
        "data_dir: 'var\n",
        [":1: a quote is opened and never closed (line 1, column 11); close the quote"],
    ),
    (
        "two colons",
        "version: 1\ndata_dir: a: b\n",
        [
            (
                ":2: a colon stands where none can be (line 2, column 12); "
                "give keys of one mapping the same indentation and put text with ': ' in quotes"
            )
        ],
    ),
    (
        "no space after the colon",
        "data_dir:var\nversion: 1\n",
        [
            (
                ":2: a colon stands where none can be (line 2, column 8); "
                "give keys of one mapping the same indentation and put text with ': ' in quotes"
            )
        ],
    ),
    (
        "a full-width colon",
        "version: 1\ncity:\n  name：解放碑北口\n  timezone: Asia/Shanghai\n",
        [":3: a full-width ： stands here (line 3, column 7); type : with a space after it"],
    ),
    (
        "a full-width colon in the first key",
        "feeds:\n  - id：a\n    url: rtsp://h/1\n",
        [":2: a full-width ： stands here (line 2, column 7); type : with a space after it"],
    ),
    (
        "a full-width colon in the last line",
        "version: 1\nname：x\n",
        [":2: a full-width ： stands here (line 2, column 5); type : with a space after it"],
    ),
    (
        "a full-width comma in a mapping",
        "place: {lon: 106.5，lat: 29.5}\n",
        [":1: a full-width ， stands here (line 1, column 19); type ,"],
    ),
    (
        "full-width signs that are text",
        "feeds: []\ncity:\n  name: 解放碑：一，二\n  notice\n  timezone: Asia/Shanghai\n",
        [":4: a key without a colon (line 4, column 3); write key: value, with a space after the colon"],
    ),
    (
        "a key one space short",
        "feeds:\n  - id: a\n    url: rtsp://h/1\n   zones:\n    - name: x\n",
        [
            (
                ":4: this line is indented differently from the lines above (line 4, column 4); "
                "align it with the keys of the same item, or start a new item with '- '"
            )
        ],
    ),
    (
        "a first line indented more",
        "  version: 1\n demo: false\n",
        [
            (
                ":2: this line is indented differently from the lines above (line 2, column 2); "
                "align it with the keys of the same item, or start a new item with '- '"
            )
        ],
    ),
    (
        "text behind a quote",
        'data_dir: "a" b\n',
        [":1: no key is found here (line 1, column 15); give keys of one mapping the same indentation"],
    ),
    (
        "a reserved character",
        "data_dir: @var\n",
        [
            (
                ":1: a value cannot start with this character (line 1, column 11); "
                "put text that starts with % @ or ` in quotes, and indent with spaces"
            )
        ],
    ),
    (
        "an alias of nothing",
        "data_dir: *hunter2\n",
        [":1: * names an anchor that is not there (line 1, column 11); put text that starts with * in quotes"],
    ),
    ("a tag", "data_dir: !hunter2\n", [":1: tags (!name) are not used here; put text that starts with ! in quotes"]),
    (
        "two documents",
        "version: 1\n---\ndemo: false\n",
        [":2: a second document starts here (line 2, column 1); remove the --- line: a file is one document"],
    ),
    (
        "a key twice",
        "version: 1\ndemo: false\nversion: 1\n",
        [":3: key 'version' is here twice, first in line 1; remove one"],
    ),
    ("a key that is a list", "? [a]\n: 1\n", [":1: a key is not text; write key: value"]),
    (
        "a merge",
        "city: &c {name: a}\nhttp:\n  <<: *c\n",
        [":3: merge keys (<<) are not read; repeat the keys, or use * for a whole value"],
    ),
    (
        "an anchor inside itself",
        "feeds: &f [*f]\n",
        [":1: this unfolds too deep or too wide; use fewer anchors (&) and aliases (*)"],
    ),
    (
        "brackets without end",
        "feeds: " + "[" * 900,
        [":1: brackets or indentation nest too deep (line 1, column 56); remove the extra levels"],
    ),
]


@pytest.mark.parametrize(("text", "expected"), [case[1:] for case in YAML], ids=[case[0] for case in YAML])
@pytest.mark.parametrize("file", ["gridpatrol.yaml", "feeds.yaml"])
def test_what_is_no_yaml_is_told_in_words(mistakes_in, file, text, expected):
    """A file that cannot be read as YAML gives one sentence with its line, in every file alike."""
    wanted = [f"{file}{part if part.startswith(':') else f': {part}'}" for part in expected]

    assert wanted == mistakes_in({file: text})


def test_brackets_without_any_end_are_too_deep_wherever_the_library_gives_up(mistakes_in):
    """Newer libyaml has a limit of its own, which it meets further on in the line than ours."""
    (told,) = mistakes_in({"feeds.yaml": "feeds: " + "[" * 100_000})
    assert told.startswith("feeds.yaml:1: brackets or indentation nest too deep (line 1, column ")
