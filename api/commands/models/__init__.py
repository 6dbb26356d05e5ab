"""``gridpatrol models …``: train, measure, export, compare and promote what looks at the pictures."""

from __future__ import annotations

import typer

from api.commands.models import context, listing, promote, shadow, stalls, train

app = typer.Typer(help="Train, measure, export, compare and promote detection models.", no_args_is_help=True)
# One command a file: app.command("eval")(evaluate.evaluate), and so on, in the order of a model's life.
app.command("render-stalls")(stalls.render)
app.command("context")(context.context)
app.command("train")(train.train)
app.command("shadow")(shadow.shadow)
app.command("list")(listing.show)
app.command("promote")(promote.promote)
app.command("rollback")(promote.rollback)
