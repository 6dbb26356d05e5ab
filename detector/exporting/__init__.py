"""Checkpoints made ready to run: formats, what each costs in accuracy and gains in speed, manifest entries."""
