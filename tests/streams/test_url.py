"""Secrets of URLs are hidden, and the sentence around them is left as it is."""

from __future__ import annotations

import pytest

from streams.url import masked


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("http://h/x?token=abc: no answer", "http://h/x?token=***: no answer"),
        ("http://h/x?token=abc, and then", "http://h/x?token=***, and then"),
        ("look at http://h/x?token=abc.", "look at http://h/x?token=***."),
        ("http://h/x?token=abc; then", "http://h/x?token=***; then"),
        ("http://h/x?token=a:b,c.d: no answer", "http://h/x?token=***: no answer"),
        ("http://h/x?pwd=a.b&n=1: no answer", "http://h/x?pwd=***&n=1: no answer"),
        ("http://h/x?pwd=...&n=1", "http://h/x?pwd=***..&n=1"),
    ],
)
def test_a_secret_value_is_hidden_and_the_sentence_goes_on(text, shown):
    assert masked(text) == shown
