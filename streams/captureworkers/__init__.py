"""Looks in processes of their own: a capture library that hangs or crashes costs its own visit, not the patrol."""
