"""Every mistake a person can make in the matters, and the exact sentence it is answered with."""

# ruff: noqa: E501 - each answer stands on one line, as people read it

from __future__ import annotations

import pytest

MATTER = "  - key: garbage\n    names: {zh: 暴露垃圾, en: Garbage}\n    labels: [garbage]\n"
MATTERS = f"matters:\n{MATTER}"

CATALOGUE = [
    (
        "duplicate matter",
        f"{MATTERS}{MATTER.replace('[garbage]', '[waste]')}",
        [
            "5: matters[1].key: matter 'garbage' is used twice, first in matters.yaml line 2; give each matter its own key"
        ],
    ),
    (
        "label of two matters",
        f"{MATTERS}{MATTER.replace('key: garbage', 'key: litter')}",
        [
            "7: matters[1].labels[0]: label 'garbage' is used twice, first in matters.yaml line 4; let one matter have it"
        ],
    ),
    (
        "a context class",
        f"{MATTERS.replace('[garbage]', '[person]')}",
        [
            "4: matters[0].labels[0]: label 'person' is context, which is never a finding by itself; take it out, or give the model's class another name in the manifest"
        ],
    ),
    (
        "more seen than looked",
        f"{MATTERS}    rule:\n      seen: 4\n      of: 3\n",
        ["6: matters[0].rule.seen: seen 4 of 3 visits can never be; write 3 or less, or a larger of"],
    ),
    (
        "a name missing",
        "matters:\n  - key: garbage\n    names: {zh: 垃圾}\n",
        ["3: matters[0].names.en: en is missing; add en:"],
    ),
    (
        "key with a capital",
        MATTERS.replace("garbage\n", "Garbage\n", 1),
        ["2: matters[0].key: 'Garbage' cannot be the key; write small letters, digits and _, a letter first"],
    ),
    (
        "a code that lost its quotes",
        f"{MATTERS}    codes: {{interim: 110}}\n",
        ["5: matters[0].codes.interim: must be text, not 110; put it in quotes"],
    ),
]


@pytest.mark.parametrize(("text", "expected"), [case[1:] for case in CATALOGUE], ids=[case[0] for case in CATALOGUE])
def test_a_mistake_in_the_catalogue_is_told_exactly(mistakes_in, text, expected):
    """The catalogue's mistakes name file, line, key, fault and way out."""
    files = {"gridpatrol.yaml": "matters: matters.yaml\n", "matters.yaml": text}

    assert [f"matters.yaml:{line}" for line in expected] == mistakes_in(files)
