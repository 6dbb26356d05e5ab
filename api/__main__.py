"""``python -m api`` is ``gridpatrol``."""

from api.cli import main

main()
