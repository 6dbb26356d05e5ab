"""Cameras from registers, gateways and the cameras themselves, as feeds in a file.

A source gives ``candidate.Candidate``s and refuses what cannot be one, each with its place and the way out;
``comparing`` says what is new, changed, gone or there already; ``writing`` puts it down.
"""
