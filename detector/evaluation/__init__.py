"""Evaluation: what a model finds on labelled pictures, and how far its scores can be trusted."""
