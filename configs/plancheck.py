"""What a file of plans cannot know of itself: ids used twice, feeds, tags and matters that are not there."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from configs.crosschecks import mappings, repeated, text, texts
from configs.mistakes import Mistake, nearest
from configs.yamlfile import Document


def plan_mistakes(
    plans: Sequence[Document], feeds: Sequence[Document], *, matters: Collection[str] | None
) -> list[Mistake]:
    """Return plan ids and owners used twice, and names of feeds, tags and matters that nothing has.

    Works on what was written, valid or not.

    Parameters
    ----------
    plans, feeds
        All files that list plans, and all that list feeds.
    matters
        Known matter keys, or None when the catalogue could not be read.
    """
    listed = [feed for document in feeds for _, feed in mappings(document.value, "feeds")]
    known: dict[str, Collection[str] | None] = {
        "feeds": {name for feed in listed if (name := text(feed, "id"))},
        "tags": {tag for feed in listed for _, tag in texts(feed, "tags")},
        "matters": matters,
    }
    return [
        *repeated(list(_named(plans, "plans", "id")), what="plan id", right="give each plan its own id"),
        *repeated(list(_named(plans, "owners", "name")), what="owner", right="write each owner once"),
        *(mistake for document in plans for mistake in _unknown(document, known)),
    ]


def _named(
    documents: Sequence[Document], section: str, key: str
) -> Iterator[tuple[Document, tuple[str | int, ...], str]]:
    for document in documents:
        for index, item in mappings(document.value, section):
            if name := text(item, key):
                yield document, (section, index, key), name


def _unknown(document: Document, known: dict[str, Collection[str] | None]) -> Iterator[Mistake]:
    for index, plan in mappings(document.value, "plans"):
        for key, names in known.items():
            for position, name in texts(plan, key) if names is not None else ():
                if name in (names or ()):
                    continue
                like = nearest(name, names or ())
                right = f"did you mean {like!r}?" if like else f"mend it, or take it out of the plan's {key}"
                spot = document.spot(("plans", index, key, position))
                yield spot.mistake(f"there is no {key.removesuffix('s')} {name!r}", right)
