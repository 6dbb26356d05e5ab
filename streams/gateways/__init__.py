"""Servers that stand between the patrol and many cameras."""
