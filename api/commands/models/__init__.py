"""``gridpatrol models …``: train, measure, export, compare and promote what looks at the pictures."""

from __future__ import annotations

import typer

from api.commands.models import (
    average,
    calibrate,
    closeups,
    compare,
    context,
    dataset,
    evaluate,
    export,
    listing,
    promote,
    render_ads,
    shadow,
    stalls,
    train,
    vending,
)

app = typer.Typer(help="Train, measure, export, compare and promote detection models.", no_args_is_help=True)
# One command a file: app.command("eval")(evaluate.evaluate), and so on, in the order of a model's life.
app.command("close-ups")(closeups.closeups)
app.command("render-stalls")(stalls.render)
app.command("render-ads")(render_ads.render)
app.command("context")(context.context)
app.add_typer(dataset.app, name="dataset", help="The city's own data: from verdicts, to people who label, and back.")
app.command("train")(train.train)
app.command("average")(average.average)
app.command("eval")(evaluate.evaluate)
app.command("compare")(compare.compare)
app.command("export")(export.export)
app.command("calibrate")(calibrate.calibrate)
app.command("shadow")(shadow.shadow)
app.command("list")(listing.show)
app.command("promote")(promote.promote)
app.command("rollback")(promote.rollback)
app.command("vending")(vending.vending)
