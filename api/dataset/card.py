"""The data card: what is in a dataset, how it was split, and what was left out and why."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterator, Mapping

from api.dataset.draft import Built
from detector.labels.picture import SPLITS

_ORIGIN = """
Pictures captured from {since:%Y-%m-%d %H:%M} to {until:%Y-%m-%d %H:%M} UTC by this city's own feeds, labelled
by what its operators said of the findings. Privacy zones are unreadable in all of them. They show public places
of this city: keep them where its evidence may be kept, and publish none."""
_SOURCES = """
`confirmed-…`: operators said the thing is there. `rejected-…`: operators said it is not, a hard negative. The
names that follow are the classes a picture is known for; of all others it says nothing (`sources` in data.yaml,
`unlabelled`). `clean`: the model found nothing and no incident was open on the feed; nobody looked."""
_BY_FEED = """
By feed: the validation pictures come from feeds that no training picture is from ({groups} groups of feeds;
feeds that saw the same incident are one group). The same seed keeps the same feeds out next time."""
_BY_TIME = """
By time, as there are only {groups} groups of feeds: what began before {cut} trains, what began later validates.
No incident is on both sides, but the same views are: accuracy measured so is better than on other feeds."""
_NO_SPLIT = "There is too little to validate on: all of it trains."
_PICTURES = """
Each picture's feed, time, verdicts and sha256 are in provenance.jsonl. Seed {seed}, at most {per_incident}
pictures of an incident and {clean_per_feed} clean ones of a feed; of pictures alike with the same boxes, one."""


def card_text(built: Built) -> str:
    """Return the README.md of a dataset."""
    return "\n".join(_lines(built)) + "\n"


def _lines(built: Built) -> Iterator[str]:
    wish = built.wish
    yield from ("# Data card", "", _told(_ORIGIN.format(since=wish.since, until=wish.until)), "")
    yield from ("## What is in it", "", *_table("source", built.pictures), "", _told(_SOURCES), "")
    yield from _table("boxes of", built.boxes)
    spoken_of = {name for name in built.classes for said in built.sources.values() if name not in said["unlabelled"]}
    missing = sorted(name for name in spoken_of if not any(built.boxes[split][name] for split in SPLITS))
    if missing:
        yield from ("", _told(f"Without a box: {', '.join(missing)}. Training on this alone would unlearn them."))
    yield from ("", "## Split", "", split_sentence(built), "", "## What was left out", "")
    yield from [f"- {count} {why}" for why, count in built.left_out.most_common()] or ["Nothing."]
    settings = _PICTURES.format(seed=wish.seed, per_incident=wish.per_incident, clean_per_feed=wish.clean_per_feed)
    yield from ("", _told(settings))


def split_sentence(built: Built) -> str:
    """Return how the split was made, and what it cannot promise."""
    split = built.split
    if split.by == "feed":
        return _told(_BY_FEED.format(groups=split.groups))
    if split.cut is None:
        return _NO_SPLIT
    return _told(_BY_TIME.format(groups=split.groups, cut=f"{split.cut:%Y-%m-%d %H:%M} UTC"))


def _told(text: str) -> str:
    return textwrap.fill(" ".join(text.split()), 118, break_long_words=False, break_on_hyphens=False)


def _table(what: str, counts: Mapping[str, Counter[str]]) -> Iterator[str]:
    yield f"| {what} | train | val |"
    yield "|---|---|---|"
    names = sorted({name for split in SPLITS for name in counts[split]})
    yield from (f"| {name} | {counts['train'][name]} | {counts['val'][name]} |" for name in names)
